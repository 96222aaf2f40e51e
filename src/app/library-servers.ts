import type { ServerSpec } from "../mcp/types.js";
import { chooseServers } from "./mcp-chosen.js";
import type { Declared } from "./mcp-declared.js";
import type { ServerSettings } from "./server-settings.js";
import { serverIn } from "./settings.js";
import { UsageError } from "./usage-error.js";

/** The MCP servers that a program names. Throws a UsageError for one that cannot be. */
export function librarySpecs(
  servers: Readonly<Record<string, ServerSettings>>,
  env: Readonly<Record<string, string>>,
): readonly ServerSpec[] {
  const from = "mcpServers";
  const declared = Object.entries(servers).map(([name, value]): Declared => {
    const settings = serverIn(value);
    if (typeof settings === "string") throw new UsageError(`${from}: the server "${name}": ${settings}.`);
    return { name, from, owner: "user", settings };
  });
  // a user's own: no folder is asked for leave
  const { specs, notices } = chooseServers({ declared, home: "", cwd: "", env, trust: true });
  if (notices[0] !== undefined) throw new UsageError(notices[0]);
  return specs;
}
