import type { Tool } from "../core/tool.js";
import { visible } from "../platform/text.js";
import { toolName } from "./names.js";
import type { Server } from "./server.js";
import { type Checks, resourceTool, toolOf } from "./tool.js";

/** A tool of a server under the name it has here, told in full to the model or by its name only. */
export type Entry = { server: Server; name: string; about: string; tool: Tool; size: number };
export type Pool = { entries: readonly Entry[]; problems: readonly string[] };

type Origin = { server: Server; remote: string; make(name: string): Tool };

/**
 * All tools of all servers, in the order in which servers are configured. A name that is taken, or of which nothing is
 * left, is a problem that names its origin: nothing stands in for anything else.
 */
export function poolOf(servers: readonly Server[], checks: Checks): Pool {
  const entries = new Map<string, Entry & { remote: string }>();
  const problems: string[] = [];
  for (const origin of servers.flatMap((server) => originsOf(server, checks))) {
    const { server, remote, make } = origin;
    const name = toolName(server.spec.name, remote);
    const before = name === undefined ? undefined : entries.get(name);
    if (name === undefined) problems.push(`${words(server, remote)} is left out: nothing of its name can be used`);
    else if (before)
      problems.push(
        `${words(server, remote)} is left out: ${words(before.server, before.remote)} is called ${name} too`,
      );
    else {
      const tool = make(name);
      const { description, input } = tool;
      const about = description.split("\n")[0]?.slice(0, 160) ?? "";
      const size = Math.ceil(JSON.stringify([name, description, input.json]).length / 4);
      entries.set(name, { server, remote, name, about, tool, size });
    }
  }
  return { entries: [...entries.values()], problems };
}

function originsOf(server: Server, checks: Checks): Origin[] {
  const { tools = [], resources = false } = server.catalogue ?? {};
  const own = tools.map((remote) => ({
    server,
    remote: remote.name,
    make: (name: string): Tool => toolOf(server, remote, { name, checks }),
  }));
  const reading = { server, remote: "resources", make: (name: string): Tool => resourceTool(server, name) };
  return resources ? [...own, reading] : own;
}

function words({ spec }: Server, remote: string): string {
  return visible(`the tool "${remote}" of the MCP server ${spec.name} (${spec.from})`);
}
