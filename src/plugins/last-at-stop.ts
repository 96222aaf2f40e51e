import type { Fact } from "../core/event.js";
import type { Plugin } from "../core/plugin.js";

/** The plugins, of which the named one is asked at a stop only where no other sends the work back or ends it. */
export function lastAtStop(plugins: readonly Plugin[], name: string): Plugin[] {
  const own = plugins.find((plugin) => plugin.name === name);
  const others = plugins.filter((plugin) => plugin !== own);
  if (own === undefined) return others;
  const silent = others.map(({ beforeStop: _, ...rest }): Plugin => rest);
  const asked: Plugin = {
    ...own,
    async beforeStop(session) {
      const answers = await Promise.all(others.map((plugin) => plugin.beforeStop?.(session)));
      const said = answers.flat().filter((fact) => fact !== undefined);
      if (said.some(decides)) return said;
      return [...said, ...[(await own.beforeStop?.(session)) ?? []].flat()];
    },
  };
  return [...silent, asked];
}

function decides({ type }: Fact): boolean {
  return type === "prompt" || type === "note" || type === "retried" || type === "ended";
}
