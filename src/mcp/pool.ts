import type { Tool } from "../core/tool.js";
import { visible } from "../platform/text.js";
import { toolName } from "./names.js";
import type { Server } from "./server.js";
import { type Checks, resourceTool, toolOf } from "./tool.js";

/** A tool of a server under the name it has here. `words` is all that its server says of it. */
export type Entry = {
  server: Server;
  name: string;
  words: string;
  /** Made when it is first wanted: of thousands few are. */
  tool(): Tool;
  /** About how many tokens it takes to tell of it in full. */
  size(): number;
};
export type Pool = { entries: readonly Entry[]; problems: readonly string[] };

type Origin = { server: Server; remote: string; words: string; make(name: string): Tool };

/**
 * All tools of all servers, in the order in which servers are configured. A name that is taken, or of which nothing is
 * left, is a problem that names its origin: nothing stands in for anything else.
 */
export function poolOf(servers: readonly Server[], checks: Checks): Pool {
  const entries = new Map<string, Entry & { remote: string }>();
  const problems: string[] = [];
  for (const origin of servers.flatMap((server) => originsOf(server, checks))) {
    const { server, remote, words, make } = origin;
    const name = toolName(server.spec.name, remote);
    const before = name === undefined ? undefined : entries.get(name);
    if (name === undefined) problems.push(`${named(server, remote)} is left out: nothing of its name can be used`);
    else if (before)
      problems.push(
        `${named(server, remote)} is left out: ${named(before.server, before.remote)} is called ${name} too`,
      );
    else {
      const tool = once(() => make(name));
      entries.set(name, { server, remote, name, words, tool, size: once(() => sizeOf(tool())) });
    }
  }
  return { entries: [...entries.values()], problems };
}

/** What an entry is for, in a line. */
export function aboutOf({ words }: Entry): string {
  return visible(words.slice(0, 400)).split("\n")[0]?.slice(0, 160) ?? "";
}

function sizeOf({ name, description, input }: Tool): number {
  return Math.ceil(JSON.stringify([name, description, input.json]).length / 4);
}

function originsOf(server: Server, checks: Checks): Origin[] {
  const { tools = [], resources = false } = server.catalogue ?? {};
  const own = tools.map((remote) => ({
    ...{ server, remote: remote.name, words: remote.description },
    make: (name: string): Tool => toolOf(server, remote, { name, checks }),
  }));
  const reading = {
    ...{ server, remote: "resources", words: "Lists and reads its resources." },
    make: (name: string): Tool => resourceTool(server, name),
  };
  return resources ? [...own, reading] : own;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function named({ spec }: Server, remote: string): string {
  return visible(`the tool "${remote}" of the MCP server ${spec.name} (${spec.from})`);
}
