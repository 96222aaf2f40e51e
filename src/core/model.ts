import type { Delta, Stop, Usage } from "./event.js";
import type { Json, Message, ReplyPart } from "./message.js";

export type JsonSchema = { [key: string]: Json };

/** What the model is told of a tool. */
export type ToolSpec = { name: string; description: string; schema: JsonSchema };

export type Request = {
  system: string;
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  /** In tokens; the model's own limit when absent. */
  maxOutput?: number | undefined;
};

export type Reply = { parts: readonly ReplyPart[]; stop: Stop; model: string; usage: Usage };

/**
 * Something that answers. `stream` yields text and thinking as they come, and each call the moment its
 * arguments are complete; call ids are unique within the reply. It throws when it cannot answer, also in
 * the middle: a reply that is returned is whole.
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

/** The model could not answer; the message says what to do about it. */
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
