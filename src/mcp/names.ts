import { createHash } from "node:crypto";

/** What model providers take of a tool's name. */
const LONGEST = 64;

/** A server's or tool's name as a part of a tool's name; undefined when nothing is left of it. */
export function plainName(name: string): string | undefined {
  const plain = name.replace(/[^A-Za-z0-9_-]/g, "_");
  return /[A-Za-z0-9]/.test(plain) ? plain : undefined;
}

/** What a server's tool is called here: `mcp__server__tool`. One that is too long is cut, and told apart by a digest of all of it. */
export function toolName(server: string, tool: string): string | undefined {
  const [first, second] = [plainName(server), plainName(tool)];
  if (first === undefined || second === undefined) return undefined;
  const whole = `mcp__${first}__${second}`;
  return whole.length <= LONGEST ? whole : `${whole.slice(0, LONGEST - 9)}_${digest(whole, 8)}`;
}

/** The beginning of a text's SHA-256. */
export function digest(text: string, length: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

/** Whether a list of names means a tool: by its name, or by that of its server (`mcp__server`, `mcp__server__*`). Without a list all are meant. */
export function isMeant(tool: string, server: string, list: readonly string[] | undefined): boolean {
  const all = `mcp__${plainName(server)}`;
  return list === undefined || list.some((each) => [tool, all, `${all}__*`, "mcp__*"].includes(written(each)));
}

/** Whether a list of names means any tool of a server. */
export function isServerMeant(server: string, list: readonly string[] | undefined): boolean {
  const all = `mcp__${plainName(server)}`;
  return (
    list === undefined ||
    list.map(written).some((each) => each === all || each === "mcp__*" || each.startsWith(`${all}__`))
  );
}

function written(name: string): string {
  return name.replace(/[^A-Za-z0-9_*-]/g, "_");
}
