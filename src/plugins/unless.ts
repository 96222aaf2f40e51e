import type { Plugin } from "../core/plugin.js";

/** A plugin that is asked before a step only where another does not end the run: what it does costs time or money. */
export function unless(gate: Plugin, plugin: Plugin): Plugin {
  return {
    ...plugin,
    async beforeStep(session) {
      const said = [(await gate.beforeStep?.(session)) ?? []].flat();
      return said.some((fact) => fact.type === "ended") ? undefined : plugin.beforeStep?.(session);
    },
  };
}
