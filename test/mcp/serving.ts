import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Place, place } from "../cli/nanocoder.js";

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
