import { ModelError } from "../core/model.js";
import type { Asked } from "./endpoint.js";
import type { Refusal } from "./failure-words.js";
import { shown } from "./shown.js";

/** The failure that an HTTP status other than 200 stands for. */
export async function refusal(refused: Refusal, asked: Asked): Promise<ModelError> {
  const { explained } = await import("./failure-words.js");
  const { message, ...failure } = explained(refused, asked);
  return new ModelError(message, failure);
}

/** Thrown for an error that came inside an answer which began well; `body` is the provider's. */
export class BrokenOff extends Error {
  constructor(readonly body: unknown) {
    super("the provider broke off its answer");
  }
}

/** What is told of an error: the provider's own in the words of `failure-words`, any other as it is. */
export async function toldOf(error: unknown, asked: Asked): Promise<unknown> {
  if (!(error instanceof BrokenOff)) return error;
  const { explainedInStream } = await import("./failure-words.js");
  const { message, ...failure } = explainedInStream(error.body, asked);
  return new ModelError(message, failure);
}

/** An answer that stopped before its end. */
export function cutOff(): ModelError {
  return new ModelError("The answer was cut off: the stream ended in the middle.", { transient: true });
}

/** The model, or a filter before it, would not answer; asking the same again is of no use. */
export function declined(reason: string, { model, url }: Asked): ModelError {
  const who = `${model} at ${url.host} refused to answer (${reason})`;
  return new ModelError(`${who}: say it otherwise, or choose another model with -m.`, { transient: false });
}

/** The answer filled the context window. */
export function windowFull({ model }: Asked): ModelError {
  const what = `The conversation fills the context window of ${model}: the answer had no room to end`;
  return new ModelError(`${what}.`, { transient: false, kind: "overflow" });
}

/** A 200 that is no answer of a model. */
export function strangeAnswer(asked: Asked, type: string | undefined, head: string): ModelError {
  const { origin, pathname } = asked.url;
  const what = `${origin}${pathname} answered with ${type || "no content type"}, not with a model's words`;
  const begin = shown(head, asked).slice(0, 200);
  return new ModelError(`${what}: "${begin}". Check the base URL.`, { status: 200, transient: false });
}

/** What came where JSON was due. */
export function notJson(text: string, asked: Asked, cause?: unknown): ModelError {
  const begin = shown(text, asked).slice(0, 100);
  return new ModelError(`${asked.url.host} sent something that is no JSON object: ${begin}`, {
    transient: true,
    cause,
  });
}
