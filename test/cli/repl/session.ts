import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { ScriptStep } from "../../../src/models/scripted/script.js";
import { type ModelServer, modelServer } from "../../../src/models/scripted/server.js";
import { type PtyOptions, type PtySession, pty } from "../../setup/pty.js";
import { MAIN, openaiAt, type Place, place, processesWith, sessionsIn } from "../nanocoder.js";

/** What stands in an empty prompt. */
export const PROMPT = "Ask for anything";
/** Under load a frame may be late, but a test that waits for what never comes ends. */
const LIMIT_MS = 25_000;

export type Session = {
  terminal: PtySession;
  server: ModelServer;
  where: Place;
  /** Waits for words on the screen. */
  sees(...words: readonly string[]): Promise<void>;
  /** Types words, waits until they stand in the prompt, and sends them. */
  sends(words: string): Promise<void>;
  /** Waits until nothing goes on and the prompt is empty. */
  rests(): Promise<void>;
  /** All that the terminal has shown and kept. */
  shown(): string;
  /** Whether the model's server took each request. */
  [Symbol.asyncDispose](): Promise<void>;
};

type Start = Partial<Omit<PtyOptions, "cwd">> & {
  script?: readonly ScriptStep[];
  where?: Place;
  /** Flags and words of the command line. */
  line?: readonly string[];
  /** Words on the screen that tell that it is there; none: it is not waited for. */
  until?: string | undefined;
};

/** Starts a session of the built command in a real terminal, and waits for its prompt. */
export async function session(start: Start = {}): Promise<Session> {
  const { script = [], where = place(), line = ["--no-sandbox"], ...options } = start;
  const server = await modelServer(script);
  const env = { HOME: where.home, LANG: "C.UTF-8", ...openaiAt(server.url), ...options.env };
  const terminal = pty({ file: process.execPath, args: [MAIN, ...line], ...options, cwd: where.work, env });
  const sees = async (...words: readonly string[]) => {
    for (const each of words) await terminal.until(each, LIMIT_MS);
  };
  const rests = () => settled(terminal);
  const until = "until" in start ? start.until : PROMPT;
  if (until !== undefined) await sees(until);
  return {
    ...{ terminal, server, where, sees, rests },
    async sends(words) {
      terminal.type(words);
      await terminal.until(
        (screen) => screen.some((each) => /^[>!#] /.test(each) && each.includes(words.slice(0, 60))),
        LIMIT_MS,
      );
      terminal.key("enter");
    },
    shown: () => terminal.scrollback().join("\n"),
    async [Symbol.asyncDispose]() {
      terminal.hangUp();
      await server.close();
    },
  };
}

async function settled(terminal: PtySession): Promise<void> {
  const rests = (screen: readonly string[]) =>
    screen.some((each) => each.includes(PROMPT)) && !screen.some((each) => /^[\u2800-\u28ff] |^next:/.test(each));
  await terminal.until(rests, LIMIT_MS);
}

/** Leaves by Ctrl-D, and gives what was left switched on, with the exit code. */
export async function leaves({ terminal }: Session): Promise<{ code: number; left: string[] }> {
  terminal.key("ctrl-d");
  return endOf(terminal);
}

/** How it ended, and what it left switched on. */
export async function endOf(terminal: PtySession): Promise<{ code: number; left: string[] }> {
  const { code } = await terminal.ended;
  return { code, left: terminal.restored() };
}

/** Asks once more: the conversation so far has to be one that the strict server takes. */
export async function goesOn({ sends, sees, server }: Session, answer: string): Promise<void> {
  const before = server.requests.length;
  await sends("and now?");
  await sees(answer);
  expect(server.refusals).toEqual([]);
  expect(server.requests.length).toBeGreaterThan(before);
  // what nobody answered stands before it in the same message
  expect(server.requests.at(-1)?.messages.at(-1)?.text).toMatch(/and now\?$/);
}

/** The facts of the only session of a home, without what a running process may still be writing. */
export function factsOf({ where }: Session) {
  return sessionsIn(where).at(-1) ?? [];
}

/** A file to import that makes the process break when it gets SIGUSR2, by a throw or a rejection; or one that hears no interrupt. */
export function crasher({ work }: Place, how: "throw" | "reject" | "deaf"): string {
  const path = join(work, `crash-${how}.mjs`);
  const acts = {
    throw: 'process.on("SIGUSR2", () => { throw new Error("injected"); });',
    reject: 'process.on("SIGUSR2", () => { Promise.reject(new Error("injected")); });',
    deaf: "AbortController.prototype.abort = () => undefined;",
  };
  writeFileSync(path, acts[how]);
  return path;
}

/** A command that runs for a minute, with a child that left its session; both carry the word. */
export function sleeper(word: string): string {
  return `setsid sh -c 'sleep 60; : ${word}' & sh -c 'sleep 60; : ${word}'`;
}

/** Waits until so many processes carry a word. */
export async function processes(word: string, count: number): Promise<void> {
  const late = performance.now() + LIMIT_MS;
  while (processesWith(word).length !== count) {
    if (performance.now() > late)
      throw new Error(`${processesWith(word).length} processes carry ${word}, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Longer than what a key that was meant for something else is kept from answering, in milliseconds. */
const QUIET = 350;

/** A clock decides here: nothing else tells that nobody was typing. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, QUIET));
}
