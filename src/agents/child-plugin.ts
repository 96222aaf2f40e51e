import type { Fact } from "../core/event.js";
import { state } from "../core/fold.js";
import type { Json } from "../core/message.js";
import type { Facts, Plugin } from "../core/plugin.js";
import type { ToolContext } from "../core/tool.js";
import { unfinished } from "../plugins/answer.js";
import { END } from "../plugins/hook-calls.js";
import type { Said } from "../plugins/hook-verdict.js";
import { budget } from "../plugins/limits.js";

export type ChildRules = {
  /** The call of the one it works for. */
  context: ToolContext;
  maxCost: number | undefined;
  /** Fires SubagentStop; a denial sends it back to work. */
  stopping(): Promise<Said | undefined>;
};

/** How often SubagentStop hooks may send a sub-agent back. */
const MOST = 3;
const BY = "hooks.subagent";

/** What binds a sub-agent to the session it works for: its cost limit, and hooks that end the run or hold it back. */
export function childPlugin({ context, maxCost, stopping }: ChildRules): Plugin {
  const gate = budget({ maxCost });
  return {
    name: "sub-agent",
    beforeStep({ events }): Facts {
      const wish = state(events, END);
      if (wish !== undefined) return ended(wish, context);
      return gate.beforeStep?.(context);
    },
    // nobody is left to hear of a command that outlives it
    wrapTool: (tool) => ({
      ...tool,
      run(input, at) {
        if (isBeside(input)) throw new Error("A sub-agent waits for its commands: leave run_in_background out.");
        return tool.run(input, at);
      },
    }),
    async beforeStop({ events }) {
      if (unfinished(events)) return undefined;
      const said = await stopping();
      const before = events.filter((event) => event.type === "note" && event.by === BY).length;
      if (!said || said.denials.length === 0 || before >= MOST) return undefined;
      const text = said.denials.map(({ hook, why }) => `${hook} does not let you stop yet: ${why}`).join("\n");
      return { type: "note", text, by: BY };
    },
  };
}

function isBeside(input: unknown): boolean {
  return (
    typeof input === "object" && input !== null && "run_in_background" in input && input.run_in_background === true
  );
}

// a hook that ends the run means all of it
function ended(wish: Json, context: ToolContext): Fact {
  context.record({ type: "state", key: END, value: wish });
  return { type: "ended", outcome: "aborted", reason: "a hook ended the run" };
}
