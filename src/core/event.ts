import type { Call, Json, ReplyPart, UserPart } from "./message.js";

/**
 * Tokens as the provider counted them. `input` excludes what was read from or written to its cache.
 *
 * @example
 * const { input, output, cacheRead, cacheWrite }: Usage = usage(agent.log.events);
 */
export type Usage = { input: number; output: number; cacheRead: number; cacheWrite: number };

/**
 * Why the model stopped: it was done, wants its calls answered, met its output limit, or the stream broke.
 *
 * @example
 * const stop: Stop | undefined = last(agent.log.events, "reply")?.stop;
 */
export type Stop = "end" | "calls" | "length" | "cut";

/**
 * How a run ended: the model was done, a limit was met, somebody stopped it, or it could not go on.
 *
 * @example
 * const outcome: Outcome | undefined = last(agent.log.events, "ended")?.outcome;
 */
export type Outcome = "done" | "limit" | "aborted" | "failed";

/**
 * What happened, in the past tense, appended once. `state` is the last of its key; everything else adds up.
 *
 * @example
 * const fact: Fact = { type: "note", text: "The build is red.", by: "ci" };
 * agent.log.append(fact);
 */
export type Fact =
  | { type: "session"; version: 1; id: string; cwd: string; system: string; parent?: { id: string; seq: number } }
  | { type: "prompt"; parts: readonly UserPart[]; from: string }
  // a `lasting` note is still told after a compaction
  | { type: "note"; text: string; by: string; lasting?: true }
  | { type: "reply"; parts: readonly ReplyPart[]; stop: Stop; model: string; usage: Usage; ms?: number }
  // `call` is there when the tool started before its reply was recorded: a crash in between must not lose it
  | { type: "started"; callId: string; name: string; call?: Call }
  | { type: "judged"; callId: string; verdict: "allow" | "deny"; by: string; why: string }
  | { type: "result"; callId: string; parts: readonly UserPart[]; failed: boolean; details?: Json; ms?: number }
  // by call id: the words that are told in place of the result
  | { type: "trimmed"; texts: { [callId: string]: string } }
  // told in place of all up to `upto`; `keeps` are the seqs of the prompts and notes among it that are told after it, word for word
  | { type: "compacted"; summary: string; upto: number; keeps?: readonly number[] }
  | { type: "state"; key: string; value: Json }
  // `voids` is the seq of what is left out: a reply none of whose calls started, a prompt that was refused, a trim or a compaction
  | { type: "retried"; reason: string; attempt: number; voids?: number }
  | { type: "spent"; usage: Usage; model: string; on: string }
  | { type: "ended"; outcome: Outcome; reason?: string };

/**
 * A fact in its place: `seq` counts from 0 without gaps, `at` is milliseconds since 1970.
 *
 * @example
 * const costly = agent.log.events.filter((event: Event) => event.type === "reply" && event.usage.output > 1000);
 */
export type Event = Fact & { seq: number; at: number };
/**
 * The events of one kind.
 *
 * @example
 * const ended: EventOf<"ended"> | undefined = last(agent.log.events, "ended");
 */
export type EventOf<T extends Fact["type"]> = Extract<Event, { type: T }>;

/**
 * What is seen while it happens and never stored.
 *
 * @example
 * for await (const item of run(agent, signal)) if (item.type === "progress") write(item.text);
 */
export type Delta =
  | { type: "text" | "thinking"; text: string }
  | { type: "call"; call: Call } // its arguments are complete: it may start now
  | { type: "progress"; callId: string; text: string }
  | { type: "status"; by: string; text: string }
  | { type: "child"; callId: string; session: string; item: Event | Delta };

export const NO_USAGE: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
