import { text } from "../core/message.js";
import type { Plugin } from "../core/plugin.js";
import { conflict } from "../core/run-tools.js";
import type { Effect } from "../core/tool.js";

type Held = { effect: Effect; done: Promise<unknown> };

/**
 * Lets agents that share a workspace change it in turn: calls that would disturb each other wait, as within one reply.
 * One for all of them. Reading waits for nothing.
 */
export function oneWriter(): Plugin {
  const held = new Set<Held>();
  return {
    name: "one-writer",
    wrapTool: (tool) => ({
      ...tool,
      async run(input, context) {
        const effect = context.judged;
        if (effect?.kind !== "write" && effect?.kind !== "run") return tool.run(input, context);
        const before = [...held].filter((other) => conflict(other.effect, effect)).map(({ done }) => done);
        const work = async () => {
          await Promise.all(before);
          if (context.signal.aborted) return { parts: [text("Not run: the user interrupted.")], failed: true };
          return tool.run(input, context);
        };
        const result = work();
        const mine: Held = { effect, done: result.catch(() => undefined) };
        held.add(mine);
        return result.finally(() => held.delete(mine));
      },
    }),
  };
}
