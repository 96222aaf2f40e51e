import { join } from "node:path";
import { isFields } from "../platform/fields.js";
import type { ServerSettings } from "./server-settings.js";
import { readJson, type SettingsFile, serverIn } from "./settings.js";
import { UsageError } from "./usage-error.js";

/** A server as a file names it. */
export type Declared = { name: string; from: string; owner: "user" | "project" | "policy"; settings: ServerSettings };

/** The file of a project that other tools read too. */
export const MCP_FILE = ".mcp.json";

/** The servers of a settings file. */
export function serversOf({ path, settings }: SettingsFile, owner: Declared["owner"]): Declared[] {
  return Object.entries(settings.mcpServers ?? {}).map(([name, server]) => ({
    name,
    from: path,
    owner,
    settings: server,
  }));
}

/** The servers of a project's .mcp.json. Throws a UsageError when it is not JSON; what is no server in it is a notice. */
export function serversOfProject(cwd: string, notices: string[]): Declared[] {
  const path = join(cwd, MCP_FILE);
  const read = readJson(path);
  if (read === undefined) return [];
  const servers = isFields(read.value) ? (read.value.mcpServers ?? {}) : undefined;
  if (!isFields(servers)) throw new UsageError(`${path}:1:1: an object with "mcpServers" is wanted here.`);
  return Object.entries(servers).flatMap(([name, value]): Declared[] => {
    const settings = serverIn(value);
    if (typeof settings !== "string") return [{ name, from: path, owner: "project", settings }];
    notices.push(`${path}: the server "${name}" is left out: ${settings}`);
    return [];
  });
}

/** All that a server would run or reach, as it is written: for a person who is asked about it. */
export function wholeOf({ command, args = [], env = {}, url, headers = {} }: ServerSettings): string {
  const assigned = Object.entries(env).map(([name, value]) => `${name}=${word(value)}`);
  if (command !== undefined) return [...assigned, word(command), ...args.map(word)].join(" ");
  const sent = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [url ?? "(nothing)", ...(sent.length > 0 ? [`with the headers ${sent.join("; ")}`] : [])].join(" ");
}

function word(text: string): string {
  return /^[\w@%+=:,./${}-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
