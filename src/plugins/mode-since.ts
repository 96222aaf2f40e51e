import type { Plugin } from "../core/plugin.js";
import type { Tool, ToolContext } from "../core/tool.js";
import { type Mode, modeOf, type Owner, refuse } from "./permission.js";

const LEAVE: Record<Mode, number> = { plan: 0, strict: 1, default: 2, auto: 3 };

/** Whether a mode lets through less than another one. */
export function isStricter(mode: Mode, than: Mode): boolean {
  return LEAVE[mode] < LEAVE[than];
}

/** Holds calls that were let through and then wait in a queue to the mode that the session is in once they come up. */
export function heldToMode(queue: Plugin, { mode, owner }: { mode: Mode; owner?: Owner | undefined }): Plugin {
  const modeIn = (context: ToolContext) => modeOf(owner ?? context, mode);
  return {
    ...queue,
    wrapTool: (tool) => ({
      ...tool,
      run(input, context) {
        const before = modeIn(context);
        const held: Tool = {
          ...tool,
          async run(given, own) {
            const now = modeIn(own);
            return isStricter(now, before)
              ? refuse({ context: own }, `it waited, and the mode is ${now} now`)
              : tool.run(given, own);
          },
        };
        return (queue.wrapTool?.(held) ?? held).run(input, context);
      },
    }),
  };
}
