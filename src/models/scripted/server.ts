import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "../../core/message.js";
import { anthropicSide } from "./anthropic-side.js";
import { isFields, Refused } from "./check.js";
import { trailingResults } from "./model.js";
import { openaiSide } from "./openai-side.js";
import { dressed, type Quirk, type Quirks, refuseQuirks } from "./quirks.js";
import { lazily, pieces, type Script, type SeenRequest, type Turn, turnFor, usageFor } from "./script.js";
import type { Side, Telling } from "./side.js";

/**
 * A model server that runs.
 *
 * @example
 * const asked = ({ requests }: ModelServer) => requests.map(({ lastText }) => lastText);
 */
export type ModelServer = {
  /** Without a version: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** What was asked and taken as valid, in order. */
  readonly requests: readonly SeenRequest[];
  /** What was refused, in order, in words. */
  readonly refusals: readonly string[];
  /** Resolves when request `n`, counted from 0, has arrived. */
  arrived(n: number): Promise<SeenRequest>;
  /** Stops it, with all its connections. */
  close(): Promise<void>;
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * A model server on loopback that plays a script over OpenAI chat completions (`/v1/chat/completions`) and
 * Anthropic messages (`/v1/messages`), streaming and not. It checks requests as strictly as the providers do
 * and answers 400 in their shape; each request that it took is kept. With `quirks` it differs from OpenAI in
 * the ways that compatible endpoints do.
 *
 * @example
 * await using server = await modelServer(["Hello."]);
 * const model = openai({ baseUrl: server.url, apiKey: "any", model: "scripted" });
 */
export async function modelServer(
  script: Script,
  options: { port?: number; models?: readonly string[]; quirks?: readonly Quirk[] } = {},
): Promise<ModelServer> {
  const { models = ["scripted"], quirks = [] } = options;
  const stage: Stage = { script, requests: [], refusals: [], waiting: [], models, quirks: new Set(quirks) };
  const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (request, response) => {
    serve(stage, request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const { requests, refusals } = stage;
  const arrived = (n: number) => arrival(stage, n);
  return { url: `http://127.0.0.1:${port}`, port, requests, refusals, arrived, close, [Symbol.asyncDispose]: close };
}

type Stage = {
  script: Script;
  requests: SeenRequest[];
  refusals: string[];
  waiting: { n: number; tell: (request: SeenRequest) => void }[];
  models: readonly string[];
  quirks: Quirks;
};

function arrival({ requests, waiting }: Stage, n: number): Promise<SeenRequest> {
  const known = requests[n];
  if (known) return Promise.resolve(known);
  return new Promise((tell) => waiting.push({ n, tell }));
}

async function serve(stage: Stage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const at = performance.timeOrigin + performance.now();
  const path = request.url?.split("?")[0] ?? "";
  const raw = await bodyOf(request);
  if (request.method === "GET" && path.endsWith("/models"))
    return send(response, { status: 200, body: modelList(stage.models) });
  const side = sideOf(request.method, path);
  if (!side)
    return send(response, {
      status: 404,
      body: {
        error: {
          message: `Unknown request URL: ${request.method} ${path}`,
          type: "invalid_request_error",
          param: null,
          code: "unknown_url",
        },
      },
    });
  const headers = headersOf(request);
  const body = parse(raw);
  try {
    if (body === undefined) throw new Refused("We could not parse the JSON body of your request.");
    side.validate(body, headers);
    refuseQuirks(body, stage.quirks);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    stage.refusals.push(error.message);
    return send(response, { status: error.status, body: side.error(error) });
  }
  const seen = seenRequest({ side, body: body ?? null, raw, headers, at, n: stage.requests.length });
  stage.requests.push(seen);
  for (const { n, tell } of stage.waiting) if (n === seen.n) tell(seen);
  await answer({ stage, side, seen, response });
}

function sideOf(method: string | undefined, path: string): Side | undefined {
  if (method !== "POST") return undefined;
  if (path.endsWith("/chat/completions")) return openaiSide;
  return path.endsWith("/messages") ? anthropicSide : undefined;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function parse(raw: string): Json | undefined {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}

type Arrived = { side: Side; body: Json; raw: string; headers: Record<string, string>; at: number; n: number };

// read only when the script asks: a long loop must not pay for what nobody looks at
function seenRequest({ side, body, raw, headers, at, n }: Arrived): SeenRequest {
  const read = lazily(() => side.read(body));
  return {
    n,
    wire: side.wire,
    body,
    raw,
    headers,
    at,
    model: isFields(body) ? String(body.model) : "",
    get system() {
      return read().system;
    },
    get tools() {
      return read().tools;
    },
    get messages() {
      return read().messages;
    },
    get lastText() {
      return read().messages.findLast((message) => message.role === "user")?.text ?? "";
    },
    get results() {
      return trailingResults(read().messages);
    },
  };
}

type Answering = { stage: Stage; side: Side; seen: SeenRequest; response: ServerResponse };

async function answer({ stage, side, seen, response }: Answering): Promise<void> {
  const turn = await turnFor(stage.script, seen).catch(
    (error: Error) => ({ error: { status: 400, message: error.message } }) as Turn,
  );
  await pause(turn.delay);
  if (turn.silent === true) return;
  if (turn.cut === "headers") return void response.destroy();
  if (turn.raw) return send(response, { ...turn.raw, body: turn.raw.body });
  if (turn.error) return sendError({ side, error: turn.error, response });
  const quirks: Quirks = turn.quirks ? new Set([...stage.quirks, ...turn.quirks]) : stage.quirks;
  const telling: Telling = { turn, n: seen.n, model: seen.model, usage: usageFor(seen.raw, turn), quirks };
  if (quirks.has("html")) return send(response, { status: 200, type: "text/html", body: PAGE });
  if (!isFields(seen.body) || seen.body.stream !== true || quirks.has("plain-json"))
    return send(response, { status: 200, body: side.whole(telling) });
  const options = seen.body.stream_options;
  await stream(response, side, { telling, wantsUsage: isFields(options) && options.include_usage === true });
}

const PAGE = "<!doctype html><title>Sign in</title><p>Please sign in to go on.";

const FAULT = { type: "invalid_request_error", message: "The model could not go on." };

type Told = { telling: Telling; wantsUsage: boolean };

async function stream(response: ServerResponse, side: Side, { telling, wantsUsage }: Told): Promise<void> {
  const { quirks } = telling;
  const turn: Turn = quirks.has("split") ? { chunk: 1, ...telling.turn } : telling.turn;
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  if (turn.silent) return response.flushHeaders();
  const acts = side.acts(telling, wantsUsage);
  const [words, calls, end] = [dressed(acts.words, quirks), dressed(acts.calls, quirks), dressed(acts.end, quirks)];
  if (typeof turn.cut === "number") {
    await put(response, Buffer.from(words + calls + end).subarray(0, turn.cut), turn);
    return cutOff(response);
  }
  const fault = turn.errorInStream ?? (quirks.has("error-in-stream") ? FAULT : undefined);
  const broken = fault && dressed(side.streamError(fault), quirks);
  // in one write where nothing is to happen in between
  if (!turn.hold && !turn.cut && broken === undefined) {
    await put(response, Buffer.from(words + calls + end), turn);
    return void response.end();
  }
  await put(response, Buffer.from(turn.cut === "text" ? words : words + (broken ?? calls)), turn);
  await pause(turn.hold);
  if (turn.cut) return cutOff(response);
  if (broken === undefined) await put(response, Buffer.from(end), turn);
  response.end();
}

async function put(response: ServerResponse, bytes: Buffer, { chunk, pause: between }: Turn): Promise<void> {
  for (const piece of pieces(bytes, chunk, (from, to) => bytes.subarray(from, to))) {
    if (response.destroyed) return;
    if (!response.write(piece)) await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
    // each piece is to be a write of its own
    if (chunk !== undefined) await (between ? sleep(between) : new Promise(setImmediate));
  }
}

// once what was written is out, without the end of the body
function cutOff(response: ServerResponse): void {
  response.write("", () => response.destroy());
}

async function pause(ms: number | undefined): Promise<void> {
  if (ms) await sleep(ms, undefined, { ref: false });
}

type Plain = { status: number; body: Json; type?: string; headers?: Record<string, string> };

function send(response: ServerResponse, { status, body, type = "application/json", headers }: Plain): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text), ...headers }).end(text);
}

function sendError({
  side,
  error,
  response,
}: {
  side: Side;
  error: NonNullable<Turn["error"]>;
  response: ServerResponse;
}): void {
  const { status, message = `The request failed (${status}).`, type, headers = {} } = error;
  send(response, { status, body: side.error({ status, message, type }), headers });
}

function modelList(models: readonly string[]): Json {
  const data = models.map((id) => ({
    id,
    object: "model",
    created: 0,
    owned_by: "scripted",
    type: "model",
    display_name: id,
  }));
  return { object: "list", data, has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null };
}
