import { sinceLastEnd } from "../core/fold.js";
import type { Plugin } from "../core/plugin.js";

export type Limits = { maxTurns?: number };

/** Ends a run that has asked the model `maxTurns` times. */
export function limits({ maxTurns }: Limits): Plugin {
  return {
    name: "limits",
    beforeStep({ events }) {
      if (maxTurns === undefined) return undefined;
      const turns = sinceLastEnd(events).filter((event) => event.type === "reply" && event.stop !== "cut").length;
      return turns < maxTurns ? undefined : { type: "ended", outcome: "limit", reason: "max_turns" };
    },
  };
}
