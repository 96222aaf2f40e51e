import type { Event } from "../core/event.js";
import { sinceLastEnd } from "../core/fold.js";
import type { Plugin } from "../core/plugin.js";
import { unfinished } from "./answer.js";
import { VERIFY, type VerifyOptions } from "./verify-options.js";
import type { Baselines } from "./verify-run.js";

/** Checks what a run changed before it may stop, and sends back the failures it introduced, twice. */
export function verify(options: VerifyOptions): Plugin {
  const baselines: Baselines = new Map();
  // whether anything may have changed a file that the log does not tell of: then the checkpoints are asked
  let ran = false;
  return {
    name: VERIFY,
    wrapTool: (tool) => ({
      ...tool,
      run: (input, context) => {
        const kind = context.judged?.kind;
        if (kind === "run" || kind === "write") ran = true;
        return tool.run(input, context);
      },
    }),
    async beforeStop(session) {
      if (unfinished(session.events) || !(ran || sinceLastEnd(session.events).some(tells))) return undefined;
      ran = false;
      return (await import("./verify-run.js")).verified(session, options, baselines);
    },
  };
}

// an edit, or the end of work in the background, whose changes were left alone until then
function tells(event: Event): boolean {
  if (event.type === "state" && event.key.startsWith("job:")) return true;
  if (event.type !== "result" || event.failed) return false;
  const { details } = event;
  return typeof details === "object" && details !== null && "path" in details && "diff" in details;
}
