import type { Delta } from "../core/event.js";
import type { Model, Reply, Request } from "../core/model.js";
import { lookup } from "./catalog.js";
import { type Asked, askedOf, baseOf, type Endpoint, TIMEOUTS } from "./endpoint.js";
import { refusal, strangeAnswer, toldOf } from "./failures.js";
import { type Answered, type Line, openLine } from "./http.js";
import { type Dialect, dialectOf } from "./openai-dialect.js";
import { type Head, openaiRenderer, type Render } from "./openai-render.js";
import { OpenaiStream } from "./openai-stream.js";
import { errorBody, readAll } from "./read-body.js";
import { conclude, parseObject, readStream } from "./sse.js";
import type { Chunk } from "./wire-types.js";

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
    asked: askedOf(url, endpoint, "OPENAI_API_KEY"),
    line: openLine({ ...TIMEOUTS, ...endpoint.timeouts }, endpoint.proxy),
    render: openaiRenderer(url.host),
    dialect: dialectOf(url, endpoint.model),
  };
  const window = endpoint.window ?? lookup(endpoint.model)?.window ?? 128_000;
  return { id: endpoint.model, window, stream: (request, signal) => stream(wire, request, signal) };
}

type Wire = {
  endpoint: Endpoint;
  asked: Asked;
  line: Line;
  render: Render;
  /** What this endpoint was found to take. */
  dialect: Dialect;
};

/** The address of the method, from a base URL in any of the forms people write. */
export function completionsUrl(baseUrl: string): URL {
  const { url, path } = baseOf(baseUrl);
  if (path.endsWith("/chat/completions")) url.pathname = path;
  else url.pathname = `${path === "" ? "/v1" : path}/chat/completions`;
  return url;
}

async function* stream(wire: Wire, request: Request, signal: AbortSignal): AsyncGenerator<Delta, Reply> {
  const { asked } = wire;
  const answered = await ask(wire, request, signal);
  const type = answered.headers["content-type"] ?? "";
  if (type.includes("html")) throw strangeAnswer(asked, type, await readAll(answered.chunks));
  const reading = new OpenaiStream(asked, request.tools);
  if (!type.includes("json")) return yield* readStream(reading, { answered, asked, signal });
  // some endpoints ignore `stream` and answer in one piece
  const body = await readAll(answered.chunks);
  const answer = parseObject<Chunk>(body, asked);
  if (!answer.error && !answer.choices?.[0]) throw strangeAnswer(asked, type, body);
  try {
    reading.whole(answer);
  } catch (error) {
    throw await toldOf(error, asked);
  }
  return yield* conclude(reading);
}

async function ask(wire: Wire, request: Request, signal: AbortSignal): Promise<Answered> {
  const { asked, endpoint, line } = wire;
  for (;;) {
    const sent = head(wire, request);
    const body = await wire.render(sent, request, wire.dialect);
    const answered = await line.post(asked.url, { headers: headers(endpoint), body, signal });
    if (answered.status === 200) return answered;
    const complaint = await errorBody(answered.chunks);
    const { adapted } = await import("./openai-adapt.js");
    const dialect = adapted(wire.dialect, sent, { status: answered.status, complaint });
    if (dialect === undefined) throw await refusal({ ...answered, body: complaint }, asked);
    wire.dialect = dialect;
  }
}

function head({ endpoint, dialect }: Wire, request: Request): Head {
  const most = request.maxOutput ?? endpoint.maxOutput;
  const { temperature } = endpoint;
  return {
    model: endpoint.model,
    stream: true,
    ...(dialect.usage ? { stream_options: { include_usage: true } } : {}),
    ...(most === undefined ? {} : { [dialect.limit]: most }),
    ...(temperature === undefined || !dialect.temperature ? {} : { temperature }),
  };
}

function headers({ apiKey, headers: more }: Endpoint): Record<string, string> {
  return { accept: "text/event-stream", ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}), ...more };
}
