import { type Model, ModelError } from "../core/model.js";
import { sentence } from "../core/run-tools.js";
import { anthropic } from "./anthropic.js";
import type { Endpoint } from "./endpoint.js";
import { openai } from "./openai.js";

/** How a first request went; `why` is a sentence, with the key in none. */
export type Tried = { works: true } | { works: false; fault: Fault; why: string };
/** What is to be changed: the key, the model or the address, the account, the way there; or nothing that is known. */
export type Fault = "key" | "model" | "quota" | "network" | "slow" | "other";

type Asked = Endpoint & { provider: "openai" | "anthropic" };

/**
 * Asks a model for a word, with a tool as later requests have them. It works when anything of an answer comes within
 * `limit` milliseconds.
 */
export async function tryModel({ provider, ...endpoint }: Asked, limit = 15_000): Promise<Tried> {
  const slow = AbortSignal.timeout(limit);
  const done = new AbortController();
  try {
    const model = provider === "anthropic" ? anthropic(endpoint) : openai(endpoint);
    await firstOf(model, AbortSignal.any([slow, done.signal]));
    return { works: true };
  } catch (error) {
    if (slow.aborted) return { works: false, fault: "slow", why: `No answer within ${Math.round(limit / 1000)} s.` };
    return { works: false, fault: faultOf(error), why: sentence(error) };
  } finally {
    done.abort();
  }
}

// the rest of the answer is not waited for
async function firstOf(model: Model, signal: AbortSignal): Promise<void> {
  const request = {
    system: "You answer in one word.",
    messages: [{ role: "user" as const, parts: [{ type: "text" as const, text: "Say: ready" }] }],
    tools: [TOOL],
    maxOutput: 256,
  };
  for await (const _ of model.stream(request, signal)) return;
}

const TOOL = {
  name: "read_file",
  description: "Reads a file",
  schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};

function faultOf(error: unknown): Fault {
  if (!(error instanceof ModelError)) return "other";
  const { status, kind, message } = error;
  if (kind === "quota") return "quota";
  if (status === 401 || status === 403) return "key";
  if (status === 404) return "model";
  // some say it with 400: "Model Not Exist"
  if (status === 400 && /\bmodel\b.{0,80}(not (exist|found)|unknown|invalid|does not exist)|模型不存在/i.test(message))
    return "model";
  if (status === undefined) return /key/.test(message) ? "key" : "network";
  return "other";
}
