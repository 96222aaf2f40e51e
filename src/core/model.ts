import type { Delta, Stop, Usage } from "./event.js";
import type { Json, Message, ReplyPart } from "./message.js";

/**
 * A JSON Schema as plain data.
 *
 * @example
 * const schema: JsonSchema = { type: "object", properties: { sides: { type: "integer" } }, required: ["sides"] };
 */
export type JsonSchema = { [key: string]: Json };

/**
 * What the model is told of a tool.
 *
 * @prop name - What the model calls it.
 * @prop description - What it does and when to use it.
 * @prop schema - What it takes.
 * @example
 * const spec: ToolSpec = { name: "roll", description: "Roll a die.", schema: { type: "object" } };
 */
export type ToolSpec = { name: string; description: string; schema: JsonSchema };

/**
 * What a model is asked.
 *
 * @example
 * const request: Request = { system: "Be brief.", messages: [{ role: "user", parts: [text("Hi.")] }], tools: [] };
 */
export type Request = {
  /** The system prompt. */
  system: string;
  /** The conversation, oldest first. */
  messages: readonly Message[];
  /** What it may call. */
  tools: readonly ToolSpec[];
  /** In tokens; the model's own limit when absent. */
  maxOutput?: number | undefined;
};

/**
 * A whole answer.
 *
 * @prop parts - Words, thinking and calls, in order.
 * @prop stop - Why it stopped.
 * @prop model - Who answered, by the name that the provider gives.
 * @prop usage - What it took.
 * @example
 * const reply: Reply = {
 *   parts: [text("Done.")],
 *   stop: "end",
 *   model: "gpt-5",
 *   usage: { input: 900, output: 2, cacheRead: 0, cacheWrite: 0 },
 * };
 */
export type Reply = { parts: readonly ReplyPart[]; stop: Stop; model: string; usage: Usage };

/**
 * Something that answers. `stream` yields text and thinking as they come, and each call the moment its
 * arguments are complete; call ids are unique within the reply. It throws when it cannot answer, also in
 * the middle: a reply that is returned is whole.
 *
 * @example
 * const parrot: Model = {
 *   id: "parrot",
 *   window: 8000,
 *   async *stream({ messages }) {
 *     const words = plainText(messages.at(-1)?.parts ?? []);
 *     yield { type: "text", text: words };
 *     const usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
 *     return { parts: [text(words)], stop: "end", model: "parrot", usage };
 *   },
 * };
 */
export interface Model {
  /** Its name, as it stands in the log and in messages. */
  readonly id: string;
  /** Context window in tokens. */
  readonly window: number;
  /** Asks it once. Rejects when the signal fires. */
  stream(request: Request, signal: AbortSignal): AsyncGenerator<Delta, Reply>;
}

/**
 * Why a model could not answer, for whoever asks again.
 *
 * @example
 * const passing: ModelFailure = { transient: true, status: 529, retryAfter: 5000, kind: "overload" };
 */
export type ModelFailure = {
  /** HTTP status, when the provider answered. */
  status?: number;
  /** The same request may succeed later. */
  transient: boolean;
  /** The provider's wish, in milliseconds. */
  retryAfter?: number;
  /** What was refused: a conversation too long for the model, an account that is used up, a provider with too much to do. */
  kind?: "overflow" | "quota" | "overload";
  /** What was thrown underneath. */
  cause?: unknown;
};

/**
 * The model could not answer; the message says what to do about it.
 *
 * @example
 * throw new ModelError("The model rests: try again in a minute.", { transient: true, retryAfter: 60_000 });
 */
export class ModelError extends Error {
  /** By which it is told from other errors. */
  override readonly name = "ModelError";
  /** HTTP status, when the provider answered. */
  readonly status: number | undefined;
  /** The same request may succeed later. */
  readonly transient: boolean;
  /** The provider's wish, in milliseconds. */
  readonly retryAfter: number | undefined;
  /** What was refused. */
  readonly kind: ModelFailure["kind"];

  /** The message says what to do about it. */
  constructor(message: string, failure: ModelFailure) {
    super(message, { cause: failure.cause });
    this.status = failure.status;
    this.transient = failure.transient;
    this.retryAfter = failure.retryAfter;
    this.kind = failure.kind;
  }
}
