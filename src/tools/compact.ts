import type { Tool } from "../core/tool.js";
import { optional, string, toolInput } from "./schema.js";

/** The state key by which a compaction is asked for: what to keep an eye on, or "". */
export const COMPACT = "compact";

/** Asks for a compaction before the next step. */
export function compact(): Tool<{ focus?: string | undefined }> {
  return {
    name: "compact",
    description:
      "Replace the conversation so far by a summary, before your next step. For when a large piece of work is done.",
    input: toolInput({ focus: optional(string("what matters for the next piece")) }),
    effect: () => ({ kind: "none", subjects: [] }),
    async run({ focus = "" }, context) {
      context.record({ type: "state", key: COMPACT, value: focus });
      return "The conversation will be summed up before your next step; then go on with what is left.";
    },
  };
}
