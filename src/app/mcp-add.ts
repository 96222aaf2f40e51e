import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { digest } from "../mcp/names.js";
import { keepConsent } from "../store/consents.js";
import { MCP_FILE } from "./mcp-declared.js";
import type { ServerSettings } from "./server-settings.js";
import { readJson, serverIn } from "./settings.js";
import { UsageError } from "./usage-error.js";
import { changeSettings } from "./user-settings.js";

export type Scope = "user" | "project";
type Where = { home: string; cwd: string };

/** Adds a server to the user's settings or to the project's .mcp.json; gives the file, and whether it took the place of another one. */
export function addServer(
  name: string,
  server: ServerSettings,
  { home, cwd, scope }: Where & { scope: Scope },
): { path: string; replaced: boolean } {
  let replaced = false;
  if (scope === "user") {
    changeSettings(home, (settings) => {
      replaced = Object.hasOwn(settings.mcpServers ?? {}, name);
      return { ...settings, mcpServers: { ...settings.mcpServers, [name]: server } };
    });
    return { path: join(home, "settings.json"), replaced };
  }
  const path = changeFile(cwd, (servers) => {
    replaced = Object.hasOwn(servers, name);
    return { ...servers, [name]: server };
  });
  // who adds it agrees to it, as it is read back
  const settings = serverIn(server);
  keepConsent(home, cwd, { name, print: digest(JSON.stringify([name, settings]), 64), agreed: true });
  return { path, replaced };
}

/** Removes a server from where it is named, and gives the files. None: it is not named there. */
export function removeServer(name: string, { home, cwd, scope }: Where & { scope: Scope | undefined }): string[] {
  const files: string[] = [];
  if (scope !== "project")
    changeSettings(home, (settings) => {
      const { [name]: gone, ...mcpServers } = settings.mcpServers ?? {};
      if (gone !== undefined) files.push(join(home, "settings.json"));
      return gone === undefined ? settings : { ...settings, mcpServers };
    });
  if (scope !== "user" && name in serversIn(join(cwd, MCP_FILE)))
    files.push(changeFile(cwd, ({ [name]: _, ...servers }) => servers));
  return files;
}

type Servers = { [name: string]: unknown };

function changeFile(cwd: string, change: (servers: Servers) => Servers): string {
  const path = join(cwd, MCP_FILE);
  const whole = readJson(path)?.value ?? {};
  const text = JSON.stringify({ ...whole, mcpServers: change(serversIn(path)) }, null, 2);
  writeFileSync(path, `${text}\n`);
  return path;
}

function serversIn(path: string): Servers {
  const value = readJson(path)?.value ?? {};
  if (typeof value !== "object" || value === null) throw new UsageError(`${path}:1:1: an object is wanted here.`);
  const servers = "mcpServers" in value ? value.mcpServers : {};
  return typeof servers === "object" && servers !== null ? Object.fromEntries(Object.entries(servers)) : {};
}
