import type { Call, Json, ReplyPart, UserPart } from "./message.js";

/**
 * Tokens as the provider counted them.
 *
 * @prop input - Of the request, without what was read from or written to the provider's cache.
 * @prop output - Of the answer, thinking included.
 * @prop cacheRead - Of the request, read from the provider's cache.
 * @prop cacheWrite - Of the request, written to it.
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
  /** The first fact: id, folder and frozen system prompt; `parent` is where a fork or a sub-agent comes from. */
  | { type: "session"; version: 1; id: string; cwd: string; system: string; parent?: { id: string; seq: number } }
  /** What was asked: by the `user`, or whoever `from` names. */
  | { type: "prompt"; parts: readonly UserPart[]; from: string }
  /** What a mechanism told the model; a `lasting` one is still told after a compaction. */
  | { type: "note"; text: string; by: string; lasting?: true }
  /** An answer, and what it took: tokens as the provider counted them, milliseconds of asking. */
  | { type: "reply"; parts: readonly ReplyPart[]; stop: Stop; model: string; usage: Usage; ms?: number }
  /** A tool began. `call` is there when that was before its reply was recorded: a crash in between must not lose it. */
  | { type: "started"; callId: string; name: string; call?: Call }
  /** Who let a call through or refused it, and why. */
  | { type: "judged"; callId: string; verdict: "allow" | "deny"; by: string; why: string }
  /** What a call gave; the model does not see `details`. `ms` is how long the tool ran, in milliseconds. */
  | { type: "result"; callId: string; parts: readonly UserPart[]; failed: boolean; details?: Json; ms?: number }
  /** By call id: the words that are told in place of the result. */
  | { type: "trimmed"; texts: { [callId: string]: string } }
  /** A summary that is told in place of all up to the seq `upto`; the prompts and notes whose seqs `keeps` lists are told after it, word for word. */
  | { type: "compacted"; summary: string; upto: number; keeps?: readonly number[] }
  /** A value by its key; the last one counts. */
  | { type: "state"; key: string; value: Json }
  /** Asked again. `voids` is the seq of what is left out: a reply none of whose calls started, a prompt that was refused, a trim or a compaction. */
  | { type: "retried"; reason: string; attempt: number; voids?: number }
  /** Tokens used beside the answers: on a summary, a memory, a judge. */
  | { type: "spent"; usage: Usage; model: string; on: string }
  /** A run is over. */
  | { type: "ended"; outcome: Outcome; reason?: string };

/**
 * A fact in its place: `seq` counts from 0 without gaps, `at` is milliseconds since 1970.
 *
 * @prop seq - Its place, from 0 without gaps.
 * @prop at - When it was recorded, in milliseconds since 1970.
 * @example
 * const costly = agent.log.events.filter((event: Event) => event.type === "reply" && event.usage.output > 1000);
 */
export type Event = Fact & { seq: number; at: number };
/**
 * The events of one kind.
 *
 * @prop type - Which kind.
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
  /** A piece of an answer as it comes. */
  | { type: "text" | "thinking"; text: string }
  /** Its arguments are complete: it may start now. */
  | { type: "call"; call: Call }
  /** What a running tool says. */
  | { type: "progress"; callId: string; text: string }
  /** What a mechanism is doing: a check, a summary, a wait. */
  | { type: "status"; by: string; text: string }
  /** What happens in the sub-agent that the call is the work of. */
  | { type: "child"; callId: string; session: string; item: Event | Delta };

export const NO_USAGE: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
