import { setTimeout as sleep } from "node:timers/promises";
import type { Delta } from "../../core/event.js";
import type { Call, Json, Message, ReplyPart } from "../../core/message.js";
import { callsIn, plainText } from "../../core/message.js";
import { type Model, ModelError, type Reply, type Request } from "../../core/model.js";
import { sentence } from "../../core/run-tools.js";
import { abortOf } from "../http.js";
import { parseArguments } from "../reply-builder.js";
import {
  argumentsOf,
  lazily,
  pieces,
  type Script,
  type SeenMessage,
  type SeenRequest,
  type Turn,
  turnFor,
  usageFor,
} from "./script.js";

/**
 * A scripted model, which keeps what it was asked.
 *
 * @example
 * const played: ScriptedModel = scriptedModel(["Hello."]);
 * console.log(played.requests.length);
 */
export type ScriptedModel = Model & {
  /** What was asked, in order. */
  readonly requests: readonly Request[];
};

/**
 * A model that plays a script, in this process and without HTTP.
 *
 * @example
 * const model = scriptedModel([{ calls: [{ name: "bash", input: { command: "ls" } }] }, "There is one file."]);
 */
export function scriptedModel(script: Script, options: { id?: string; window?: number } = {}): ScriptedModel {
  const requests: Request[] = [];
  const { id = "scripted", window = 128_000 } = options;
  return {
    id,
    window,
    requests,
    stream(request, signal) {
      requests.push(request);
      const seen = seenRequest(request, { n: requests.length - 1, model: id });
      return play(() => turn(script, seen), { seen, signal });
    },
  };
}

async function turn(script: Script, seen: SeenRequest): Promise<Turn> {
  try {
    return await turnFor(script, seen);
  } catch (error) {
    throw new ModelError(sentence(error), { transient: false, cause: error });
  }
}

type Stage = { seen: SeenRequest; signal: AbortSignal };

async function* play(next: () => Promise<Turn>, { seen, signal }: Stage): AsyncGenerator<Delta, Reply> {
  const played = await next();
  await wait(played.delay, signal);
  if (played.silent) await wait(2 ** 31 - 1, signal);
  refuse(played);
  const parts: ReplyPart[] = [];
  for (const type of ["thinking", "text"] as const) {
    const words = played[type];
    if (words === undefined) continue;
    parts.push({ type, text: words });
    for (const text of pieces(words, played.chunk, (from, to) => words.slice(from, to))) {
      yield { type, text };
      await wait(played.pause, signal);
    }
  }
  if (played.cut === "text" || typeof played.cut === "number") throw broken();
  for (const call of callsOf(played, seen.n)) {
    parts.push(call);
    yield { type: "call", call };
  }
  await wait(played.hold, signal);
  if (signal.aborted) throw abortOf(signal);
  if (played.cut === "calls") throw broken();
  const stop = played.stop === "length" ? "length" : callsIn(parts).length > 0 ? "calls" : "end";
  return { parts, stop, model: seen.model, usage: usageFor(seen.raw, played) };
}

function refuse({ error, raw, cut, errorInStream }: Turn): void {
  if (cut === "headers") throw broken();
  if (raw) throw new ModelError(`The endpoint answered with ${raw.type}.`, { status: raw.status, transient: false });
  if (errorInStream) throw new ModelError(errorInStream.message, { transient: true });
  if (!error) return;
  const { status, message = `The request was refused (${status}).` } = error;
  throw new ModelError(message, {
    status,
    transient: status === 408 || status === 409 || status === 429 || status >= 500,
  });
}

function broken(): ModelError {
  return new ModelError("The answer was cut off: the connection broke.", { transient: true });
}

function callsOf({ calls = [] }: Turn, n: number): Call[] {
  return calls.map((call, at) => ({
    type: "call",
    id: call.id ?? `call_${n}_${at}`,
    name: call.name,
    ...parseArguments(argumentsOf(call)),
  }));
}

async function wait(ms: number | undefined, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw abortOf(signal);
  if (ms === undefined || ms === 0) return;
  await sleep(ms, undefined, { signal }).catch(() => Promise.reject(abortOf(signal)));
}

function seenRequest(request: Request, { n, model }: { n: number; model: string }): SeenRequest {
  const raw = lazily(() => JSON.stringify({ messages: request.messages }));
  const messages = lazily(() => request.messages.map(seenMessage));
  return {
    n,
    model,
    wire: "model",
    system: request.system,
    tools: request.tools.map((tool) => tool.name),
    headers: {},
    at: performance.timeOrigin + performance.now(),
    get messages() {
      return messages();
    },
    get lastText() {
      return messages().findLast((message) => message.role === "user")?.text ?? "";
    },
    get results() {
      return trailingResults(messages());
    },
    get raw() {
      return raw();
    },
    get body(): Json {
      return JSON.parse(raw());
    },
  };
}

/** The texts of the results after the model's last turn. */
export function trailingResults(messages: readonly SeenMessage[]): string[] {
  const turnEnd = messages.findLastIndex((message) => message.role === "assistant");
  return messages
    .slice(turnEnd + 1)
    .filter((message) => message.role === "tool")
    .map((message) => message.text);
}

function seenMessage(message: Message): SeenMessage {
  const text = plainText(message.parts);
  if (message.role === "user") return { role: "user", text, calls: [] };
  if (message.role === "tool") return { role: "tool", text, calls: [], callId: message.callId, failed: message.failed };
  return { role: "assistant", text, calls: callsIn(message.parts).map(({ id, name, input }) => ({ id, name, input })) };
}
