import type { Result, Tool } from "../core/tool.js";
import { optional, string, toolInput, whole } from "./schema.js";

const INPUT = { query: optional(string("none: the newest")), limit: optional(whole(1)) };

type Input = { query?: string | undefined; limit?: number | undefined };

/** Finds what was remembered in earlier sessions. */
export function recall(find: (input: Input) => Promise<Result>): Tool<Input> {
  return {
    name: "recall",
    description: "Find what was remembered in earlier sessions by its words.",
    input: toolInput(INPUT),
    effect: () => ({ kind: "none", subjects: [] }),
    run: find,
  };
}
