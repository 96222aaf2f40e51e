import { StringDecoder } from "node:string_decoder";
import { createParser } from "eventsource-parser";
import type { Delta } from "../core/event.js";
import { type Model, ModelError, type Reply, type Request } from "../core/model.js";
import { lookup } from "./catalog.js";
import { type Endpoint, TIMEOUTS } from "./endpoint.js";
import { refusal, strangeAnswer, streamFailure } from "./failures.js";
import { type Answered, type Line, openLine } from "./http.js";
import { type Head, openaiRenderer } from "./openai-render.js";
import { type Chunk, OpenaiStream } from "./openai-stream.js";
import { errorBody, readAll } from "./read-body.js";
import type { Body } from "./request-body.js";

/**
 * A model behind an OpenAI-compatible chat-completions endpoint (OpenAI, DeepSeek, Kimi, Qwen, GLM, Ollama,
 * vLLM, LM Studio, OpenRouter…). `baseUrl` may end at the host, the version, or the method. What an endpoint
 * refuses of a request's options is left out from then on.
 *
 * @example
 * const model = openai({ baseUrl: "https://api.openai.com/v1", apiKey: "sk-…", model: "gpt-5" });
 */
export function openai(endpoint: Endpoint): Model {
  const url = completionsUrl(endpoint.baseUrl);
  const wire: Wire = {
    endpoint,
    url,
    line: openLine({ ...TIMEOUTS, ...endpoint.timeouts }, endpoint.proxy),
    render: openaiRenderer(url.host),
    dialect: { usage: true, temperature: true, completionTokens: wantsCompletionTokens(url, endpoint.model) },
  };
  const window = endpoint.window ?? lookup(endpoint.model)?.window ?? 128_000;
  return { id: endpoint.model, window, stream: (request, signal) => stream(wire, request, signal) };
}

type Dialect = { usage: boolean; temperature: boolean; completionTokens: boolean };
type Wire = {
  endpoint: Endpoint;
  url: URL;
  line: Line;
  render: (head: Head, request: Request) => Body;
  /** What this endpoint was found to take. */
  dialect: Dialect;
};

/** The address of the method, from a base URL in any of the forms people write. */
export function completionsUrl(baseUrl: string): URL {
  const url = new URL(baseUrl);
  const path = url.pathname.replace(/\/+$/, "");
  if (path.endsWith("/chat/completions")) url.pathname = path;
  else url.pathname = `${path === "" ? "/v1" : path}/chat/completions`;
  return url;
}

function wantsCompletionTokens(url: URL, model: string): boolean {
  return url.hostname === "api.openai.com" || /^(o\d|gpt-5)/.test(model);
}

async function* stream(wire: Wire, request: Request, signal: AbortSignal): AsyncGenerator<Delta, Reply> {
  const answered = await ask(wire, request, signal);
  const type = answered.headers["content-type"] ?? "";
  const reading = new OpenaiStream(wire.endpoint.model, wire.url.host);
  if (type.includes("json")) {
    readWhole(await readAll(answered.chunks), reading, wire.url);
    yield* reading.builder.take();
    return reading.reply();
  }
  if (type.includes("html")) throw strangeAnswer(wire.url, type, await readAll(answered.chunks));
  let head = "";
  const decoder = new StringDecoder("utf8");
  const parser = createParser({ onEvent: ({ data }) => take(data, reading, wire.url) });
  for await (const bytes of answered.chunks) {
    const piece = decoder.write(bytes);
    if (head.length < 200) head += piece;
    parser.feed(piece);
    reading.settle();
    yield* reading.builder.take();
  }
  parser.feed("\n\n");
  if (!reading.complete && !head.includes("data:")) throw strangeAnswer(wire.url, type, head);
  const reply = reading.reply();
  yield* reading.builder.take();
  return reply;
}

function take(data: string, reading: OpenaiStream, url: URL): void {
  if (data === "[DONE]") {
    reading.done();
    return;
  }
  const chunk = parseChunk(data, url);
  if (chunk.error) throw streamFailure(chunk, url);
  reading.chunk(chunk);
}

function parseChunk(data: string, url: URL): Chunk {
  try {
    return JSON.parse(data);
  } catch (error) {
    const shown = data.slice(0, 100);
    throw new ModelError(`${url.host} sent something that is not JSON: ${shown}`, { transient: true, cause: error });
  }
}

// some endpoints ignore `stream` and answer in one piece
function readWhole(body: string, reading: OpenaiStream, url: URL): void {
  const chunk = parseChunk(body, url);
  if (chunk.error) throw streamFailure(chunk, url);
  if (!chunk.choices?.[0]) throw strangeAnswer(url, "JSON", body);
  reading.chunk(chunk);
  reading.done();
  reading.settle();
}

async function ask(wire: Wire, request: Request, signal: AbortSignal): Promise<Answered> {
  for (;;) {
    const body = wire.render(head(wire, request), request);
    const answered = await wire.line.post(wire.url, { headers: headers(wire.endpoint), body, signal });
    if (answered.status === 200) return answered;
    const error = await errorBody(answered.chunks);
    const { status } = answered;
    if (status === 400 && adapt(wire, error)) continue;
    throw refusal({ ...answered, body: error, url: wire.url, secrets: [wire.endpoint.apiKey] });
  }
}

// each option can be given up once, so this ends
function adapt(wire: Wire, error: string): boolean {
  const { dialect } = wire;
  if (dialect.usage && error.includes("stream_options")) wire.dialect = { ...dialect, usage: false };
  else if (dialect.temperature && wire.endpoint.temperature !== undefined && error.includes("temperature")) {
    wire.dialect = { ...dialect, temperature: false };
  } else if (!dialect.completionTokens && error.includes("max_completion_tokens")) {
    wire.dialect = { ...dialect, completionTokens: true };
  } else return false;
  return true;
}

function head({ endpoint, dialect }: Wire, request: Request): Head {
  const most = request.maxOutput ?? endpoint.maxOutput;
  const { temperature } = endpoint;
  return {
    model: endpoint.model,
    stream: true,
    ...(dialect.usage ? { stream_options: { include_usage: true } } : {}),
    ...(most === undefined ? {} : dialect.completionTokens ? { max_completion_tokens: most } : { max_tokens: most }),
    ...(temperature === undefined || !dialect.temperature ? {} : { temperature }),
  };
}

function headers({ apiKey, headers: more }: Endpoint): Record<string, string> {
  return { accept: "text/event-stream", ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}), ...more };
}
