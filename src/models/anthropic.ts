import { StringDecoder } from "node:string_decoder";
import { createParser } from "eventsource-parser";
import type { Delta } from "../core/event.js";
import { type Model, ModelError, type Reply, type Request } from "../core/model.js";
import { anthropicRenderer, type Head } from "./anthropic-render.js";
import { AnthropicStream, type StreamEvent } from "./anthropic-stream.js";
import { lookup } from "./catalog.js";
import { type Endpoint, TIMEOUTS } from "./endpoint.js";
import { refusal, strangeAnswer, streamFailure } from "./failures.js";
import { type Answered, type Line, openLine } from "./http.js";
import { errorBody, readAll } from "./read-body.js";
import type { Body } from "./request-body.js";

/** The wire demands a limit: for a model that is not in the catalogue, and at most for any other. */
const OUTPUT = { unknown: 8192, most: 32_000 };

/**
 * A model behind the Anthropic messages API. `baseUrl` may end at the host, at `/v1`, or at a path of its own
 * such as https://api.deepseek.com/anthropic. Prompt caching is asked for.
 *
 * @example
 * const model = anthropic({ baseUrl: "https://api.anthropic.com", apiKey: "sk-ant-…", model: "claude-sonnet-4-5" });
 */
export function anthropic(endpoint: Endpoint): Model {
  const url = messagesUrl(endpoint.baseUrl);
  const wire: Wire = {
    endpoint,
    url,
    line: openLine({ ...TIMEOUTS, ...endpoint.timeouts }, endpoint.proxy),
    render: anthropicRenderer(url.host),
  };
  const window = endpoint.window ?? lookup(endpoint.model)?.window ?? 128_000;
  return { id: endpoint.model, window, stream: (request, signal) => stream(wire, request, signal) };
}

type Wire = { endpoint: Endpoint; url: URL; line: Line; render: (head: Head, request: Request) => Body };

/** The address of the method, from a base URL in any of the forms people write. */
export function messagesUrl(baseUrl: string): URL {
  const url = new URL(baseUrl);
  const path = url.pathname.replace(/\/+$/, "");
  if (path.endsWith("/messages")) url.pathname = path;
  else url.pathname = path.endsWith("/v1") ? `${path}/messages` : `${path}/v1/messages`;
  return url;
}

async function* stream(wire: Wire, request: Request, signal: AbortSignal): AsyncGenerator<Delta, Reply> {
  const answered = await ask(wire, request, signal);
  const type = answered.headers["content-type"] ?? "";
  if (type.includes("html") || type.includes("json")) throw await notAStream(wire.url, type, answered);
  const reading = new AnthropicStream(wire.endpoint.model, wire.url.host);
  const decoder = new StringDecoder("utf8");
  const parser = createParser({ onEvent: ({ data }) => take(data, reading, wire.url) });
  let head = "";
  for await (const bytes of answered.chunks) {
    const piece = decoder.write(bytes);
    if (head.length < 200) head += piece;
    parser.feed(piece);
    yield* reading.builder.take();
  }
  parser.feed("\n\n");
  if (!reading.begun) throw strangeAnswer(wire.url, type, head);
  yield* reading.builder.take();
  return reading.reply();
}

function take(data: string, reading: AnthropicStream, url: URL): void {
  const event = parseEvent(data, url);
  if (event.type === "error" || event.error) throw streamFailure(event, url);
  reading.event(event);
}

function parseEvent(data: string, url: URL): StreamEvent {
  try {
    return JSON.parse(data);
  } catch (error) {
    const shown = data.slice(0, 100);
    throw new ModelError(`${url.host} sent something that is not JSON: ${shown}`, { transient: true, cause: error });
  }
}

async function notAStream(url: URL, type: string, { chunks }: Answered): Promise<ModelError> {
  const body = await readAll(chunks);
  return body.includes('"error"') ? streamFailure(body, url) : strangeAnswer(url, type, body);
}

async function ask(wire: Wire, request: Request, signal: AbortSignal): Promise<Answered> {
  const { endpoint, line, url } = wire;
  const body = wire.render(head(endpoint, request), request);
  const answered = await line.post(url, { headers: headers(endpoint), body, signal });
  if (answered.status === 200) return answered;
  const error = await errorBody(answered.chunks);
  throw refusal({ ...answered, body: error, url, secrets: [endpoint.apiKey, endpoint.authToken] });
}

function head({ model, maxOutput, temperature }: Endpoint, request: Request): Head {
  const known = lookup(model)?.maxOutput;
  const usual = known === undefined ? OUTPUT.unknown : Math.min(known, OUTPUT.most);
  const most = request.maxOutput ?? maxOutput ?? usual;
  return { model, max_tokens: most, stream: true, ...(temperature === undefined ? {} : { temperature }) };
}

function headers({ apiKey, authToken, headers: more }: Endpoint): Record<string, string> {
  const key: Record<string, string> = authToken
    ? { authorization: `Bearer ${authToken}` }
    : { "x-api-key": apiKey ?? "" };
  return { accept: "text/event-stream", "anthropic-version": "2023-06-01", ...key, ...more };
}
