import { nearest } from "../platform/text.js";
import type { AgentOptions } from "./agent-options.js";
import { UsageError } from "./usage-error.js";

/** Of a union, the names of all its members. */
export type NamesOf<T> = T extends unknown ? keyof T : never;

/** Every option that there is; the types see to it that none is forgotten. */
export const AGENT_OPTIONS: Readonly<Record<NamesOf<AgentOptions>, true>> = {
  ...{ model: true, provider: true, baseUrl: true, apiKey: true, temperature: true, window: true, gateway: true },
  ...{ cheapModel: true, log: true, session: true, cwd: true, home: true, env: true, secrets: true, notice: true },
  ...{ permissionMode: true, rules: true, ask: true, remember: true, sandbox: true },
  ...{ tools: true, builtins: true, plugins: true, hooks: true, mcpServers: true },
  ...{ instructions: true, memory: true, verify: true },
  ...{ checkpoints: true, system: true, appendSystem: true, outputSchema: true },
  ...{ maxTurns: true, maxCost: true, maxOutput: true },
};

/** Throws for what is no object, and for an option that there is not: left out unheard, a mistyped `rules` would let things through. */
export function checkNames(who: string, options: object | undefined, known: Readonly<Record<string, true>>): void {
  if (typeof options !== "object" || options === null)
    throw new UsageError(`${who} wants an object of options, such as { model: "gpt-5" }.`);
  const names = Object.keys(known);
  const unknown = Object.entries(options).find(([name, value]) => value !== undefined && !names.includes(name));
  if (unknown === undefined) return;
  const [near] = nearest(unknown[0], names);
  const hint = near === undefined ? `There are ${names.join(", ")}.` : `Did you mean "${near}"?`;
  throw new UsageError(`${who}: there is no option "${unknown[0]}". ${hint}`);
}
