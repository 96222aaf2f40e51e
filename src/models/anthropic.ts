import type { Delta } from "../core/event.js";
import type { Model, Reply, Request } from "../core/model.js";
import { anthropicRenderer, type Head } from "./anthropic-render.js";
import { AnthropicStream } from "./anthropic-stream.js";
import { lookup } from "./catalog.js";
import { type Asked, askedOf, baseOf, type Endpoint, TIMEOUTS } from "./endpoint.js";
import { BrokenOff, refusal, strangeAnswer, toldOf } from "./failures.js";
import { type Answered, type Line, openLine } from "./http.js";
import { errorBody, readAll } from "./read-body.js";
import type { Body } from "./request-body.js";
import { conclude, parseObject, readStream } from "./sse.js";
import type { WholeMessage } from "./wire-types.js";

/** The wire demands a limit: for a model that is not in the catalogue, and at most for any other. */
const OUTPUT = { unknown: 8192, most: 32_000 };
/** How often one answer may be paused by the provider. */
const PAUSES = 8;

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
    asked: askedOf(url, endpoint, endpoint.authToken === undefined ? "ANTHROPIC_API_KEY" : "ANTHROPIC_AUTH_TOKEN"),
    line: openLine({ ...TIMEOUTS, ...endpoint.timeouts }, endpoint.proxy),
    render: anthropicRenderer(url.host),
    temperature: endpoint.temperature,
  };
  const window = endpoint.window ?? lookup(endpoint.model)?.window ?? 128_000;
  return { id: endpoint.model, window, stream: (request, signal) => stream(wire, request, signal) };
}

type Wire = {
  endpoint: Endpoint;
  asked: Asked;
  line: Line;
  render: (head: Head, request: Request) => Promise<Body>;
  /** Until the model is found to refuse it. */
  temperature: number | undefined;
};

/** The address of the method, from a base URL in any of the forms people write. */
export function messagesUrl(baseUrl: string): URL {
  const { url, path } = baseOf(baseUrl);
  if (path.endsWith("/messages")) url.pathname = path;
  else url.pathname = path.endsWith("/v1") ? `${path}/messages` : `${path}/v1/messages`;
  return url;
}

async function* stream(wire: Wire, request: Request, signal: AbortSignal): AsyncGenerator<Delta, Reply> {
  const { messages } = request;
  const reading = new AnthropicStream(wire.asked);
  for (let pauses = 0; ; pauses += 1) {
    const parts = reading.builder.parts.map((part) => ({ ...part }));
    const more = parts.length === 0 ? messages : [...messages, { role: "assistant" as const, parts }];
    const reply = yield* one(wire, reading, { request: { ...request, messages: more }, signal });
    if (!reading.paused || pauses === PAUSES) return reply;
    reading.resume();
  }
}

type Asking = { request: Request; signal: AbortSignal };

// a turn that the provider paused goes on where it stood, as the same reply
async function* one(wire: Wire, reading: AnthropicStream, { request, signal }: Asking): AsyncGenerator<Delta, Reply> {
  const { asked } = wire;
  const answered = await ask(wire, request, signal);
  const type = answered.headers["content-type"] ?? "";
  if (type.includes("html")) throw strangeAnswer(asked, type, await readAll(answered.chunks));
  if (!type.includes("json")) return yield* readStream(reading, { answered, asked, signal });
  // some endpoints ignore `stream` and answer in one piece
  const body = await readAll(answered.chunks);
  const answer = parseObject<WholeMessage & { error?: unknown }>(body, asked);
  if (answer.error) throw await toldOf(new BrokenOff(answer), asked);
  if (!Array.isArray(answer.content)) throw strangeAnswer(asked, type, body);
  reading.whole(answer);
  return yield* conclude(reading);
}

async function ask(wire: Wire, request: Request, signal: AbortSignal): Promise<Answered> {
  const { asked, endpoint, line } = wire;
  for (;;) {
    const body = await wire.render(head(wire, request), request);
    const answered = await line.post(asked.url, { headers: headers(endpoint), body, signal });
    if (answered.status === 200) return answered;
    const complaint = await errorBody(answered.chunks);
    const refused = answered.status === 400 && wire.temperature !== undefined && complaint.includes("temperature");
    if (!refused) throw await refusal({ ...answered, body: complaint }, asked);
    wire.temperature = undefined;
  }
}

function head({ endpoint: { model, maxOutput }, temperature }: Wire, request: Request): Head {
  const known = lookup(model)?.maxOutput;
  const usual = known === undefined ? OUTPUT.unknown : Math.min(known, OUTPUT.most);
  const most = request.maxOutput ?? maxOutput ?? usual;
  return { model, max_tokens: most, stream: true, ...(temperature === undefined ? {} : { temperature }) };
}

function headers({ apiKey, authToken, headers: more }: Endpoint): Record<string, string> {
  const key: Record<string, string> = authToken
    ? { authorization: `Bearer ${authToken}` }
    : apiKey
      ? { "x-api-key": apiKey }
      : {};
  return { accept: "text/event-stream", "anthropic-version": "2023-06-01", ...key, ...more };
}
