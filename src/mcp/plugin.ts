import type { UserPart } from "../core/message.js";
import type { Plugin } from "../core/plugin.js";
import { visible } from "../platform/text.js";
import { offer, type Shared } from "./offer.js";
import { type Pool, poolOf } from "./pool.js";
import { Server, type Standing } from "./server.js";
import type { Checks } from "./tool.js";
import type { Ground, RemotePrompt, ServerSpec } from "./types.js";

export type McpOptions = {
  specs: readonly ServerSpec[];
  ground: Ground;
  checks: Checks;
  /** Words for the person: a server that failed, a tool that was left out. */
  notice(line: string): void;
  /** Names of the only tools to offer; `mcp__server` names all of a server. */
  only?: readonly string[] | undefined;
};

/** A server as it stands now, for a person. */
export type ServerView = {
  name: string;
  shown: string;
  from: string;
  standing: Standing;
  told: string;
  stderr: string;
  tools: readonly string[];
  prompts: readonly RemotePrompt[];
};

/** The MCP servers of a session. */
export type Mcp = {
  plugin: Plugin;
  /** The same servers over the same connections, for another agent of the session: all that this one has, or what a list of names means. */
  share(only: readonly string[] | undefined): Plugin;
  views(): ServerView[];
  /** Begins to connect what is not connected. */
  start(): void;
  reconnect(name: string, signal: AbortSignal): Promise<ServerView>;
  prompt(server: string, name: string, args: Record<string, string>): Promise<UserPart[]>;
};

/** When servers are connected unless something wants them before, in milliseconds: the first request has left by then. */
const LATER = 150;

/** Tools of servers outside, connected in the background: no prompt waits for them. */
export function mcp(options: McpOptions): Mcp {
  const { specs, ground, only } = options;
  const told = new Set<string>();
  let pool: Pool | undefined;
  const changed = () => {
    pool = undefined;
    for (const server of servers) tellFailure(server, told, options);
  };
  const servers = specs.map((spec) => new Server({ spec, ground, changed }));
  const start = () => {
    for (const server of servers) server.start();
  };
  const timer = setTimeout(start, LATER).unref();
  const shared: Shared = {
    servers,
    // the same objects as long as nothing changed
    pool() {
      pool ??= made(servers, told, options);
      return pool;
    },
  };
  return {
    plugin: {
      ...offer(shared, [only]),
      async close() {
        clearTimeout(timer);
        await Promise.all(servers.map((server) => server.close()));
      },
    },
    share: (list) => offer(shared, [only, list]),
    start,
    views: () => servers.map((server) => viewOf(shared, server)),
    async reconnect(name, signal) {
      const server = named(servers, name);
      told.clear();
      await server.reconnect(signal);
      return viewOf(shared, server);
    },
    prompt: (server, name, args) =>
      named(servers, server).use(AbortSignal.timeout(30_000), (connection) => connection.prompt(name, args)),
  };
}

function named(servers: readonly Server[], name: string): Server {
  const found = servers.find(({ spec }) => spec.name === name);
  if (found) return found;
  throw new Error(
    `There is no MCP server "${name}". Servers: ${servers.map(({ spec }) => spec.name).join(", ") || "none"}.`,
  );
}

// once each, until it is made to connect anew
function tellFailure(server: Server, told: Set<string>, { notice }: McpOptions): void {
  const { name } = server.spec;
  const { state } = server.standing;
  if ((state !== "failed" && state !== "login") || told.has(name)) return;
  told.add(name);
  notice(visible(`The MCP server ${name} is not connected: ${server.told()}`));
}

/** Problems that are told of one server's list: a thousand lines are none that anybody reads. */
const PROBLEMS = 20;

function made(servers: readonly Server[], told: Set<string>, { checks, notice }: McpOptions): Pool {
  const pool = poolOf(servers, checks);
  for (const problem of pool.problems.slice(0, PROBLEMS)) {
    if (!told.has(problem)) notice(`MCP: ${problem}.`);
    told.add(problem);
  }
  const more = pool.problems.length - PROBLEMS;
  if (more > 0 && !told.has(MORE)) notice(`MCP: ${more} tools more are left out for their names.`);
  if (more > 0) told.add(MORE);
  return pool;
}

const MORE = " more";

function viewOf({ pool }: Shared, server: Server): ServerView {
  const { spec, standing, stderr, catalogue } = server;
  const mine = pool().entries.filter((entry) => entry.server === server);
  return {
    ...{ name: spec.name, shown: spec.shown, from: spec.from, standing, told: server.told(), stderr },
    tools: mine.map(({ name }) => name),
    prompts: catalogue?.prompts ?? [],
  };
}
