import { state } from "../core/fold.js";
import type { Json } from "../core/message.js";
import type { Facts, Plugin } from "../core/plugin.js";
import type { ToolContext } from "../core/tool.js";
import { unfinished } from "../plugins/answer.js";
import { END } from "../plugins/hook-calls.js";
import type { Said } from "../plugins/hook-verdict.js";
import { budget, type Limits, limits } from "../plugins/limits.js";

export type ChildRules = {
  /** A hook of one of its calls ends the run. */
  end(wish: Json): void;
  /** Fires SubagentStop; a denial sends it back to work. */
  stopping(): Promise<Said | undefined>;
};

/** How often SubagentStop hooks may send a sub-agent back. */
const MOST = 3;
const BY = "hooks.subagent";

/** Limits of its own, and what its session may cost; `context` is that of the call it works for. */
export function childLimits({ context, maxCost, maxTurns }: Limits & { context: ToolContext }): Plugin {
  const [own, session] = [limits({ maxTurns }), budget({ maxCost })];
  return {
    name: own.name,
    beforeStep: async (child) => (await session.beforeStep?.(context)) ?? own.beforeStep?.(child),
  };
}

/** What binds a sub-agent to the session it works for: hooks that end the run or hold it back. */
export function childPlugin({ end, stopping }: ChildRules): Plugin {
  return {
    name: "sub-agent",
    beforeStep({ events }): Facts {
      const wish = state(events, END);
      if (wish === undefined) return undefined;
      end(wish);
      return { type: "ended", outcome: "aborted", reason: "a hook ended the run" };
    },
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
