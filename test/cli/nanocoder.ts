import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../../src/core/event.js";

export const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");

export type Place = { home: string; work: string };
export type Ended = { code: number | null; signal: string | null; stdout: string; stderr: string };
type Options = { place: Place; env?: Record<string, string>; stdin?: string | "open" };

/** A fresh home and a fresh folder to work in. */
export function place(): Place {
  const fresh = (name: string) => realpathSync(mkdtempSync(join(tmpdir(), `nanocoder-${name}-`)));
  return { home: fresh("home"), work: fresh("work") };
}

/** Starts the built command with nothing in its environment but what is given. */
export function start(
  args: readonly string[],
  { place: { home, work }, env = {}, stdin }: Options,
): ChildProcess & { ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: work,
    env: { PATH: process.env.PATH, HOME: home, TERM: "dumb", ...env },
    stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  if (stdin !== undefined && stdin !== "open") child.stdin?.end(stdin);
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
    stdout += piece;
  });
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    stderr += piece;
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return Object.assign(child, { ended });
}

export function nanocoder(args: readonly string[], options: Options): Promise<Ended> {
  return start(args, options).ended;
}

/** The environment that points at a scripted server by its OpenAI wire. */
export function openaiAt(url: string): Record<string, string> {
  return { OPENAI_BASE_URL: url, OPENAI_API_KEY: "test-key-123456", NANOCODER_MODEL: "gpt-4o" };
}

/** The same by its Anthropic wire. */
export function anthropicAt(url: string): Record<string, string> {
  return { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "test-key-123456", NANOCODER_MODEL: "claude-sonnet-4-5" };
}

/** A place with a file of 400 lines, `a.txt`, to be read piece by piece. */
export function placeToRead(): Place {
  const where = place();
  const lines = Array.from({ length: 400 }, (_, at) => `line ${at} ${"text ".repeat(12)}`);
  writeFileSync(join(where.work, "a.txt"), lines.join("\n"));
  return where;
}

/** The facts of every session that a home holds, oldest first. */
export function sessionsIn({ home }: Place): Event[][] {
  const root = join(home, ".nanocoder/sessions");
  if (!existsSync(root)) return [];
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsonl"));
  return files.sort().map((name) => {
    const lines = readFileSync(join(root, name), "utf8")
      .split("\n")
      .filter((line) => line !== "");
    return lines.map((line): Event => JSON.parse(line));
  });
}

/** The processes whose command line holds a text. */
export function processesWith(text: string): string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const state = readFileSync(`/proc/${name}/stat`, "latin1").split(") ")[1]?.[0];
      return state !== "Z" && readFileSync(`/proc/${name}/cmdline`, "latin1").includes(text);
    } catch {
      return false;
    }
  });
}
