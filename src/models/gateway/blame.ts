import type { ModelError } from "../../core/model.js";
import { clip } from "../../platform/text.js";

/**
 * Whose failure it is: the model's and `passing`, the model's and `lasting` (key, quota, address), the `request`'s
 * own, or that of a `window` which is too small for it.
 */
export type Blame = "passing" | "lasting" | "request" | "window";

/** By name: what is loaded lazily has a class of its own. */
export function isModelError(error: unknown): error is ModelError {
  return error instanceof Error && error.name === "ModelError";
}

const BAD_REQUEST = [400, 413, 422];

export function blameOf({ kind, transient, status }: ModelError): Blame {
  if (kind === "overflow") return "window";
  if (kind === "quota") return "lasting";
  if (transient || kind === "overload") return "passing";
  return status !== undefined && BAD_REQUEST.includes(status) ? "request" : "lasting";
}

/** The first sentence of a failure, for a line that says more. */
export function inShort({ message }: Error): string {
  const first = message.split(/[.;] /)[0]?.replace(/\.$/, "") ?? "";
  return clip(first, 120);
}
