import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Script, SeenRequest } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { type Ended, nanocoder, openaiAt, type Place, place } from "./nanocoder.js";

/** Files by their path in the workspace; those of a home begin with `~/`. */
export type Files = Record<string, string | Buffer>;

/** A repository with these files, and a home. */
export function repository(files: Files): Place {
  const where = place();
  mkdirSync(join(where.work, ".git"));
  put(where, files);
  return where;
}

export function put(where: Place, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    const at = path.startsWith("~/") ? join(where.home, path.slice(2)) : join(where.work, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, content);
  }
}

export type Said = Ended & { requests: readonly SeenRequest[]; system: string };
type How = { args?: string[]; script?: Script; env?: Record<string, string> };

/** Runs the built command there, by a scripted model. */
export async function work(where: Place, { args = [], script = ["ok"], env = {} }: How = {}): Promise<Said> {
  await using server = await modelServer(script);
  const ended = await nanocoder(["-p", "hi", ...args], { place: where, env: { ...openaiAt(server.url), ...env } });
  return { ...ended, requests: server.requests, system: server.requests[0]?.system ?? "" };
}

/** The frames of instructions in a text: where each is from, whose it is, and its words. */
export function frames(text: string): { by: string; from: string; words: string }[] {
  const found = text.matchAll(/<instructions by="([^"]*)" from="([^"]*)">\n([\s\S]*?)\n<\/instructions>/g);
  return [...found].map(([, by = "", from = "", words = ""]) => ({ by, from, words }));
}

/** What a request holds beside what stands in the workspace's system prompt. */
export function told(request: SeenRequest | undefined): string {
  return request?.messages.map(({ text }) => text).join("\n") ?? "";
}
