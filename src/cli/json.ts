import type { Delta, Event, EventOf, Usage } from "../core/event.js";
import type { Json, ReplyPart, UserPart } from "../core/message.js";
import { callsIn } from "../core/message.js";
import type { Figures } from "../models/gateway/figures.js";
import type { Summary } from "./summary.js";

/** What a run is called in its JSON lines. */
export type RunInfo = { session: string; model: string; cwd: string; tools: readonly string[]; mode: string };

/** How a run went; with a gateway, what each of its models did in it. */
export type Outcome = { summary: Summary; figures?: readonly Figures[] | undefined };

/** The first line of stream-json. */
export function initLine({ session, model, cwd, tools, mode }: RunInfo): Json {
  return { type: "system", subtype: "init", session_id: session, model, cwd, tools: [...tools], permission_mode: mode };
}

/** The result object: all of json, the last line of stream-json. */
export function resultLine({ summary, figures }: Outcome, info: RunInfo, ms: number): Json {
  return {
    type: "result",
    schema_version: 1,
    subtype: summary.subtype,
    is_error: summary.exitCode !== 0,
    result: summary.result,
    ...(summary.output === undefined ? {} : { structured_output: JSON.parse(summary.output) }),
    session_id: info.session,
    num_turns: summary.turns,
    duration_ms: Math.round(ms),
    duration_api_ms: summary.apiMs,
    model: info.model,
    usage: usageOf(summary.usage),
    total_cost_usd: summary.cost,
    permission_denials: summary.denials,
    termination_reason: summary.reason,
    ...(summary.verification === undefined ? {} : { verification: summary.verification }),
    ...(figures && { gateway: figures.map(figuresOf) }),
  };
}

function figuresOf({ name, tier, calls, errors, latency, usage, cost }: Figures): Json {
  return { model: name, tier, calls, errors, latency_ms: latency, usage: usageOf(usage), cost_usd: cost };
}

/**
 * Turns events into stream-json lines. A tool may end before its reply has: its result is held back until
 * the reply that called it has been told.
 */
export function lineMaker(session: string, includePartial: boolean): (item: Event | Delta) => Json[] {
  const told = new Set<string>();
  let held: EventOf<"result">[] = [];
  const results = (event: EventOf<"result">) => {
    if (told.has(event.callId)) return [resultOf(event, session)];
    held.push(event);
    return [];
  };
  const reply = (event: EventOf<"reply">) => {
    for (const call of callsIn(event.parts)) told.add(call.id);
    const ready = held;
    held = [];
    return [replyOf(event, session), ...ready.flatMap(results)];
  };
  return (item) => {
    if (!("seq" in item)) return includePartial && isWords(item) ? [partial(item, session)] : [];
    if (item.type === "reply") return reply(item);
    return item.type === "result" ? results(item) : [];
  };
}

type Words = Extract<Delta, { text: string; type: "text" | "thinking" }>;

function isWords(item: Delta): item is Words {
  return item.type === "text" || item.type === "thinking";
}

function partial(item: Words, session: string): Json {
  const delta =
    item.type === "text" ? { type: "text_delta", text: item.text } : { type: "thinking_delta", thinking: item.text };
  return { type: "stream_event", event: { type: "content_block_delta", delta }, session_id: session };
}

function replyOf(event: EventOf<"reply">, session: string): Json {
  const message = {
    role: "assistant",
    model: event.model,
    content: event.parts.map(block),
    usage: usageOf(event.usage),
  };
  return { type: "assistant", message, session_id: session };
}

function resultOf(event: EventOf<"result">, session: string): Json {
  const content = event.parts.map(userBlock);
  const result = { type: "tool_result", tool_use_id: event.callId, content, is_error: event.failed };
  return { type: "user", message: { role: "user", content: [result] }, session_id: session };
}

function block(part: ReplyPart): Json {
  if (part.type === "text") return { type: "text", text: part.text };
  if (part.type === "thinking") return { type: "thinking", thinking: part.text };
  return { type: "tool_use", id: part.id, name: part.name, input: part.input };
}

function userBlock(part: UserPart): Json {
  if (part.type === "text") return { type: "text", text: part.text };
  return { type: "image", source: { type: "base64", media_type: part.mime, data: part.data } };
}

/** Tokens as JSON results tell them. */
export function usageOf(usage: Usage): Json {
  return {
    input_tokens: usage.input,
    output_tokens: usage.output,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation_input_tokens: usage.cacheWrite,
  };
}
