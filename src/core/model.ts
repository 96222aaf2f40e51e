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
  system: string;
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  /** In tokens; the model's own limit when absent. */
  maxOutput?: number | undefined;
};

/**
 * A whole answer.
 *
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
  readonly id: string;
  /** Context window in tokens. */
  readonly window: number;
  stream(request: Request, signal: AbortSignal): AsyncGenerator<Delta, Reply>;
}

export type ModelFailure = {
  /** HTTP status, when the provider answered. */
  status?: number;
  /** The same request may succeed later. */
  transient: boolean;
  /** The provider's wish, in milliseconds. */
  retryAfter?: number;
  /** What was refused: a conversation too long for the model, an account that is used up, a provider with too much to do. */
  kind?: "overflow" | "quota" | "overload";
  cause?: unknown;
};

/**
 * The model could not answer; the message says what to do about it.
 *
 * @example
 * throw new ModelError("The model rests: try again in a minute.", { transient: true, retryAfter: 60_000 });
 */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly status: number | undefined;
  readonly transient: boolean;
  readonly retryAfter: number | undefined;
  readonly kind: ModelFailure["kind"];

  constructor(message: string, failure: ModelFailure) {
    super(message, { cause: failure.cause });
    this.status = failure.status;
    this.transient = failure.transient;
    this.retryAfter = failure.retryAfter;
    this.kind = failure.kind;
  }
}
