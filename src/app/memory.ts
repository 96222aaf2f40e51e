import { join } from "node:path";
import type { Plugin } from "../core/plugin.js";
import type { Tool } from "../core/tool.js";
import { memory } from "../plugins/memory.js";
import { HELD, type MemoryOptions } from "../plugins/memory-options.js";
import { forget } from "../tools/forget.js";
import { recall } from "../tools/recall.js";
import { remember } from "../tools/remember.js";

/** Memories that a recall gives when the model does not say how many. */
const SHOWN = 5;

/** The plugin and the tools of memory; what they do is loaded when it is done. */
export function memoryParts(options: MemoryOptions): { plugin: Plugin; tools: Tool[] } {
  const work = () => import("./memory-work.js");
  const keep = remember(async ({ scope = "project", text, importance, tags }, context) => {
    const draft = { text, scope, ...(importance !== undefined && { importance }), ...(tags && { tags }) };
    const { id, ...result } = await (await work()).rememberFact(draft, options);
    context.record({ type: "state", key: HELD + id, value: "remembered" });
    return result;
  });
  const find = recall(async ({ query, limit = SHOWN }) => (await work()).recallFacts(query, limit, options));
  const drop = forget(join(options.place.home, "memory"), async (id) => (await work()).forgetFact(id, options));
  return { plugin: memory(options), tools: [keep, find, drop] };
}
