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
  kind: "none" | "read" | "write" | "run" | "net";
  subjects: readonly string[];
  /** Of a command line: what it would do. */
  foresight?: Foresight;
  /** Why a person should look at it first, in words, also where the kind needs no leave. */
  doubt?: string;
  /** How a path that leads through a link was spelled, and where it leads. */
  via?: string;
};

/** What a command line would do, told without running it. */
export type Foresight = {
  /** The command line itself. */
  line: string;
  /** The folder that it begins in. */
  folder: string;
  verdict: "read-only" | "needs leave" | "catastrophic";
  why: string;
  /** Every simple command in it; `proved` ones do nothing but read. */
  parts: readonly { command: string; proved: boolean }[];
  reads: readonly string[];
  writes: readonly string[];
  network: readonly string[];
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
  readonly json: JsonSchema;
  parse(input: Json): T | Promise<T>;
}

/**
 * What a tool gives back. `details` is for the screen and for scripts; the model never sees it.
 *
 * @example
 * const result: Result = { parts: [text("12 passed")], details: { passed: 12 } };
 */
export type Result = { parts: readonly UserPart[]; failed?: boolean; details?: Json };

/** What a call would write, for a person: a unified diff, or words where none can be shown. */
export type Preview = { type: "diff" | "text"; text: string };

export type ToolFact =
  | { type: "judged"; verdict: "allow" | "deny"; by: string; why: string }
  | { type: "state"; key: string; value: Json };

/**
 * What a tool gets beside its input.
 *
 * @example
 * const tell = ({ progress, cwd }: ToolContext) => progress(`at work in ${cwd}`);
 */
export interface ToolContext extends Session {
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
  record(fact: ToolFact): void;
}

/**
 * One thing the model can do. `run` throws to fail: the message is what the model reads.
 *
 * @example
 * const names = (tools: readonly Tool[]) => tools.map(({ name }) => name);
 */
export interface Tool<T = unknown> {
  readonly name: string;
  readonly description: string;
  readonly input: Schema<T>;
  effect(input: T, session: Session): Effect | Promise<Effect>;
  /** Made by what makes the change, when a person is asked; it touches nothing. */
  preview?(input: T, context: ToolContext): Promise<Preview>;
  run(input: T, context: ToolContext): Promise<string | Result>;
}
