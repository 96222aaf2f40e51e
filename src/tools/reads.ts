import { text } from "../core/message.js";
import type { Result } from "../core/tool.js";

/** What a call brought that only read, marked as such in its `details`: front ends show several of them on one line. */
export function reads(brought: Result | string): Result {
  const result = typeof brought === "string" ? { parts: [text(brought)] } : brought;
  return { ...result, details: { reads: true } };
}
