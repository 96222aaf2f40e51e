import type { Json, UserPart } from "./message.js";
import type { JsonSchema } from "./model.js";
import type { Session } from "./session.js";

/**
 * What a call would touch. `subjects` are resolved paths, the command line, or the host. Two calls of one
 * reply conflict, and then keep their order, when one is `run` or when they share a subject and one writes.
 * `doubt` is a sentence that says why a person should look first, also where the kind needs no leave.
 */
export type Effect = { kind: "none" | "read" | "write" | "run" | "net"; subjects: readonly string[]; doubt?: string };

/** What a tool takes: `json` is shown to the model, `parse` throws a sentence that says what is wrong. */
export interface Schema<T> {
  readonly json: JsonSchema;
  parse(input: Json): T | Promise<T>;
}

/** What a tool gives back. `details` is for the screen and for scripts; the model never sees it. */
export type Result = { parts: readonly UserPart[]; failed?: boolean; details?: Json };

export type ToolFact =
  | { type: "judged"; verdict: "allow" | "deny"; by: string; why: string }
  | { type: "state"; key: string; value: Json };

export interface ToolContext extends Session {
  readonly callId: string;
  /** Shown while the tool runs, never stored. */
  progress(text: string): void;
  record(fact: ToolFact): void;
}

/** One thing the model can do. `run` throws to fail: the message is what the model reads. */
export interface Tool<T = unknown> {
  readonly name: string;
  readonly description: string;
  readonly input: Schema<T>;
  effect(input: T, session: Session): Effect;
  run(input: T, context: ToolContext): Promise<string | Result>;
}
