import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "../../src/mcp/server.js";
import type { Ground } from "../../src/mcp/types.js";
import type { Script, SeenRequest } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { type Ended, nanocoder, openaiAt, type Place, place } from "../cli/nanocoder.js";

export const FIXTURE = join(import.meta.dirname, "fixture.mjs");

/** How a settings file names the fixture: a server that behaves as its options say. */
export function fixture(options: object = {}): { command: string; args: string[] } {
  return { command: process.execPath, args: [FIXTURE, JSON.stringify(options)] };
}

/** A place whose user has configured these servers. */
export function served(mcpServers: object, more: object = {}): Place {
  const where = place();
  mkdirSync(join(where.home, ".nanocoder"), { mode: 0o700 });
  writeFileSync(join(where.home, ".nanocoder/settings.json"), JSON.stringify({ mcpServers, ...more }));
  return where;
}

/** Lets all tools of servers through. */
export const ALLOW = ["--allow", "mcp__*"];

export type Ran = Ended & { seen: (Pick<SeenRequest, "tools" | "raw" | "body"> & { results: string })[]; where: Place };

/** Runs a script at a place, and gives what the model was sent. */
export async function ranAt(where: Place, script: Script, args: readonly string[] = ALLOW): Promise<Ran> {
  await using server = await modelServer(script);
  const env = { ...openaiAt(server.url), CLOUD_SECRET: "nobody's business" };
  const ended = await nanocoder(["-p", "x", ...args], { place: where, env });
  const seen = server.requests.map(({ tools, results, raw, body }) => ({
    ...{ tools, raw, body },
    results: results.join("\n"),
  }));
  return { ...ended, seen, where };
}

/** The tools of servers among those that a request offered. */
export const serverTools = (tools: readonly string[] = []) => tools.filter((name) => name.startsWith("mcp__"));

/** What a server of a test stands on: nobody is there. */
export const GROUND: Ground = {
  ...{ version: "0", cwd: tmpdir(), env: { PATH: process.env.PATH ?? "" } },
  tokens: { load: () => undefined, save: () => undefined },
  elicit: async () => ({ action: "decline" }) as const,
};

type Here = {
  /** Is told of each new standing. */
  changed?(server: Server): void;
  times?: ConstructorParameters<typeof Server>[0]["times"];
  ground?: Partial<Ground>;
};

/** The fixture as a server of this very process. */
export function serverHere(options: object, { changed, times = {}, ground = {} }: Here = {}): Server {
  const way = { type: "stdio", ...fixture(options), env: {} } as const;
  const spec = { name: "here", from: "here", shown: "", print: "", way };
  const server: Server = new Server({
    spec,
    ground: { ...GROUND, ...ground },
    times,
    changed: () => changed?.(server),
  });
  return server;
}
