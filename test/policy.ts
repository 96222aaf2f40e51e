import type { Policy } from "../src/app/agent.js";
import type { Mode } from "../src/plugins/permission.js";

/** A policy without rules and without a sandbox. */
export function plainPolicy(mode: Mode, home = "/nowhere"): Policy {
  return {
    mode,
    rules: { allow: [], ask: [], deny: [] },
    home,
    own: `${home}/.nanocoder`,
    writable: [],
    remember: async () => undefined,
  };
}
