import type { Json, UserPart } from "./message.js";
import type { JsonSchema } from "./model.js";
import type { Session } from "./session.js";

/**
 * What a call would touch. `subjects` are resolved paths, the command line, or the host. Two calls of one
 * reply conflict, and then keep their order, when one is `run` or when they share a subject and one writes.
 *
 * @example
 * const effect: Effect = { kind: "net", subjects: ["api.example.com"] };
 */
export type Effect = {
  /** `none` conflicts with nothing and needs no leave; `run` is a command line, `net` a request. */
  kind: "none" | "read" | "write" | "run" | "net";
  /** Resolved paths, the command line, or the host. */
  subjects: readonly string[];
  /** Of a command line: what it would do. */
  foresight?: Foresight;
  /** Why a person should look at it first, in words, also where the kind needs no leave. */
  doubt?: string;
  /** How a path that leads through a link was spelled, and where it leads. */
  via?: string;
};

/**
 * What a command line would do, told without running it.
 *
 * @example
 * const harmless = ({ effect }: Question) => effect.foresight?.verdict === "read-only";
 */
export type Foresight = {
  /** The command line itself. */
  line: string;
  /** The folder that it begins in. */
  folder: string;
  /** Proved to only read; to be asked about; never let through. */
  verdict: "read-only" | "needs leave" | "catastrophic";
  /** In a sentence. */
  why: string;
  /** Every simple command in it; `proved` ones do nothing but read. */
  parts: readonly { command: string; proved: boolean }[];
  /** Resolved paths that it reads. */
  reads: readonly string[];
  /** Resolved paths that it writes. */
  writes: readonly string[];
  /** Hosts that it asks, as far as they can be told. */
  network: readonly string[];
  /** What cannot be told before it runs, in words. */
  unknown: readonly string[];
  /** It changes the repository's own files: commits, branches, settings. */
  repository: boolean;
  /** It is beyond what can be checked: too long, too deep, too many parts. */
  unchecked: boolean;
};

/**
 * What a tool takes: `json` is shown to the model, `parse` throws a sentence that says what is wrong.
 *
 * @example
 * const anything: Schema<Json> = { json: { type: "object" }, parse: (input) => input };
 */
export interface Schema<T> {
  /** Shown to the model. */
  readonly json: JsonSchema;
  /** Gives the value, or throws a sentence that says what is wrong: the model reads it. */
  parse(input: Json): T | Promise<T>;
}

/**
 * What a tool gives back. `details` is for the screen and for scripts; the model never sees it.
 *
 * @prop parts - What the model reads.
 * @prop failed - It did not do what was asked; the words say why.
 * @prop details - For the screen and for scripts.
 * @example
 * const result: Result = { parts: [text("12 passed")], details: { passed: 12 } };
 */
export type Result = { parts: readonly UserPart[]; failed?: boolean; details?: Json };

/**
 * What a call would write, for a person.
 *
 * @prop type - A unified diff, or words where none can be shown.
 * @prop text - All of it.
 * @example
 * const preview: Preview = { type: "text", text: "It would send 3 mails." };
 */
export type Preview = { type: "diff" | "text"; text: string };

/**
 * What a tool may record beside its result.
 *
 * @example
 * const keep = ({ record }: ToolContext) => record({ type: "state", key: "dice.rolled", value: 6 });
 */
export type ToolFact =
  /** Who let the call through or refused it, and why. */
  | { type: "judged"; verdict: "allow" | "deny"; by: string; why: string }
  /** A value by its key; the last one counts. */
  | { type: "state"; key: string; value: Json };

/**
 * What a tool gets beside its input.
 *
 * @example
 * const tell = ({ progress, cwd }: ToolContext) => progress(`at work in ${cwd}`);
 */
export interface ToolContext extends Session {
  /** The call that is being answered. */
  readonly callId: string;
  /** The effect that was let through: what the tool touches must be among its subjects. Absent: nobody judged. */
  readonly judged?: Effect;
  /** Who gave leave before anybody was asked; it never outweighs a refusal. */
  readonly leave?: string;
  /** Why a person must be asked, whatever gives leave. */
  readonly asks?: string;
  /** A command may run outside of the sandbox. */
  readonly free?: boolean;
  /** Shown while the tool runs, never stored. */
  progress(text: string): void;
  /** Adds a fact of its own to the log, beside its result. */
  record(fact: ToolFact): void;
}

/**
 * One thing the model can do. `run` throws to fail: the message is what the model reads.
 *
 * @example
 * const names = (tools: readonly Tool[]) => tools.map(({ name }) => name);
 */
export interface Tool<T = unknown> {
  /** Letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** What it does and when to use it. */
  readonly description: string;
  /** What it takes. */
  readonly input: Schema<T>;
  /** What a call would touch: permission asks by that, and calls that conflict keep their order. */
  effect(input: T, session: Session): Effect | Promise<Effect>;
  /** Made by what makes the change, when a person is asked; it touches nothing. */
  preview?(input: T, context: ToolContext): Promise<Preview>;
  /** Does it. Work must end with `context.signal`. */
  run(input: T, context: ToolContext): Promise<string | Result>;
}
