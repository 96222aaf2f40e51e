import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ScriptStep } from "../../../src/models/scripted/script.js";
import { type Place, place, processesWith } from "../nanocoder.js";
import { crasher, endOf, factsOf, goesOn, PROMPT, processes, type Session, session, sleeper } from "./session.js";

const bash = (command: string, beside = false) => ({
  calls: [{ name: "bash", input: { command, ...(beside && { run_in_background: true }) } }],
});

type State = { line?: readonly string[]; script?: readonly ScriptStep[]; is(it: Session, word: string): Promise<void> };

/** Less than what a session waits for its own end, in milliseconds. */
const PATIENCE = 9000;
const FLOWING = { text: "flowing ".repeat(40), hold: 60_000 };

const STATES: Record<string, State> = {
  idle: { is: async () => undefined },
  "while text streams": {
    script: [FLOWING],
    is: ({ sees }) => sees("flowing flowing"),
  },
  "while a call runs": {
    line: ["--no-sandbox", "--permission-mode", "auto"],
    script: [({ lastText }) => bash(sleeper(lastText))],
    is: (_, word) => processes(word, 3),
  },
  "while a command runs in the background": {
    line: ["--no-sandbox", "--permission-mode", "auto"],
    script: [({ lastText }) => bash(sleeper(lastText), true), "I wait."],
    async is({ sees, rests }, word) {
      await sees("I wait.");
      await rests();
      await processes(word, 3);
    },
  },
  "while a question is open": { script: [bash("touch made")], is: ({ sees }) => sees("yes, this once") },
  "while a choice is open": {
    script: ["hello"],
    async is({ sees, rests, terminal }) {
      await sees("hello");
      await rests();
      terminal.type("/he");
      await sees("/help");
    },
  },
  "while a picker is open": {
    script: ["hello"],
    async is({ sees, rests, sends }) {
      await sees("hello");
      await rests();
      await sends("/model");
      await sees("type to narrow");
    },
  },
  "while the transcript is open": {
    script: ["hello"],
    async is({ sees, rests, terminal }) {
      await sees("hello");
      await rests();
      terminal.key("ctrl-o");
      await terminal.until(() => terminal.modes.alternate);
    },
  },
  "while the editor is open": {
    script: ["hello"],
    async is({ sees, rests, terminal }, word) {
      await sees("hello");
      await rests();
      terminal.key("ctrl-g");
      await sees("EDITING");
      await processes(word, 2);
    },
  },
};

/** An editor that takes the screen and gives it back when it is ended. */
function editor({ work }: Place, word: string): string {
  const path = join(work, "editor.sh");
  const leave = "printf '\\033[?1049l'; kill $! 2>/dev/null; exit 1";
  writeFileSync(path, `#!/bin/sh\ntrap "${leave}" TERM\nprintf '\\033[?1049hEDITING'\nsleep 60 & wait\n`);
  chmodSync(path, 0o755);
  return `${path} ${word}`;
}

type Blow = { code: number; strike(it: Session): void; told: RegExp };

const BLOWS: Record<string, Blow> = {
  SIGTERM: { code: 143, strike: ({ terminal }) => terminal.signal("SIGTERM"), told: /Go on with/ },
  SIGHUP: { code: 143, strike: ({ terminal }) => terminal.signal("SIGHUP"), told: /Go on with/ },
  "an exception": {
    code: 1,
    strike: ({ terminal }) => terminal.signal("SIGUSR2"),
    told: /nanocoder broke: injected\nThe session is kept in \S+[\s\S]*Go on with/,
  },
  "an unhandled rejection": {
    code: 1,
    strike: ({ terminal }) => terminal.signal("SIGUSR2"),
    told: /nanocoder broke: injected\nThe session is kept in \S+[\s\S]*Go on with/,
  },
};

let count = 0;

async function brought(state: State, blow = "SIGTERM", where = place()): Promise<{ it: Session; word: string }> {
  count += 1;
  const word = `hh-end-${process.pid}-${count}`;
  const crash = crasher(where, blow === "an exception" ? "throw" : "reject");
  const env = { NODE_OPTIONS: `--import ${crash}`, EDITOR: editor(where, word) };
  const it = await session({ ...state, where, env, columns: 120 });
  if (state.script) await it.sends(word);
  await state.is(it, word);
  return { it, word };
}

const EACH = Object.keys(BLOWS).flatMap((blow) => Object.keys(STATES).map((state) => [blow, state] as const));

describe("the terminal, and what a session started,", () => {
  it.concurrent.each(EACH)("are left in order after %s, %s", async (how, what) => {
    const [blow, state] = [BLOWS[how], STATES[what]];
    if (!blow || !state) throw new Error("no such case");
    const { it, word } = await brought(state, how);
    await using _ = it;
    const struck = performance.now();
    blow.strike(it);
    expect(await endOf(it.terminal)).toEqual({ code: blow.code, left: [] });
    expect(processesWith(word)).toEqual([]);
    expect(performance.now() - struck).toBeLessThan(PATIENCE);
    if (state.script) expect(it.shown()).toMatch(blow.told);
    else expect(it.shown()).not.toContain("Go on with");
    if (what === "while text streams" && blow.code === 143)
      expect(factsOf(it).at(-1)).toMatchObject({ type: "ended", outcome: "aborted" });
  });

  it.concurrent.each(Object.keys(STATES))("are left in order when the window is closed, %s", async (what) => {
    const state = STATES[what];
    if (!state) throw new Error("no such case");
    const { it, word } = await brought(state);
    await using _ = it;
    const { pid } = it.terminal;
    it.terminal.hangUp();
    // whoever reads from it notices; while the editor does, it is the shell that tells
    if (what === "while the editor is open") process.kill(pid, "SIGHUP");
    await gone(pid);
    await processes(word, 0);
    if (state.script) expect(factsOf(it).at(-1)?.type).not.toBe("started");
  });

  it("a second signal waits for nothing", async () => {
    const where = place();
    const env = { NODE_OPTIONS: `--import ${crasher(where, "deaf")}` };
    const line = ["--no-sandbox", "--permission-mode", "auto"];
    await using it = await session({ where, env, line, script: [bash(sleeper("hh-end-deaf"))] });
    await it.sends("begin");
    await processes("hh-end-deaf", 3);
    const struck = performance.now();
    it.terminal.signal("SIGTERM");
    it.terminal.signal("SIGHUP");
    expect(await endOf(it.terminal)).toEqual({ code: 143, left: [] });
    expect(performance.now() - struck).toBeLessThan(PATIENCE);
    expect(processesWith("hh-end-deaf")).toEqual([]);
    expect(it.shown().match(/Go on with/g)).toHaveLength(1);
  });

  it("SIGINT takes a question away with the turn that asks it", async () => {
    const { it } = await brought(STATES["while a question is open"] ?? { is: async () => undefined });
    await using _ = it;
    it.terminal.signal("SIGINT");
    await it.rests();
    expect(it.terminal.screen().join("\n")).not.toContain("yes, this once");
  });

  it("SIGINT interrupts a turn, and without one it ends the session", async () => {
    const { it } = await brought(STATES["while text streams"] ?? { is: async () => undefined });
    await using _ = it;
    it.terminal.signal("SIGINT");
    await it.rests();
    it.terminal.signal("SIGINT");
    expect(await endOf(it.terminal)).toEqual({ code: 130, left: [] });
  });

  it("the editor has Ctrl-C to itself", async () => {
    const { it } = await brought(STATES["while the editor is open"] ?? { is: async () => undefined });
    await using _ = it;
    it.terminal.signal("SIGINT");
    it.terminal.signal("SIGINT");
    process.kill(Number(processesWith("editor.sh").find((pid) => Number(pid) > it.terminal.pid)), "SIGTERM");
    await it.sees(PROMPT);
  });
});

describe("a session that was cut short", () => {
  it("goes on after kill -9: what was is told, the next prompt works, nothing runs twice", async () => {
    const where = place();
    const script = [bash("echo once >> ran; sleep 60; : hh-kill-nine")];
    {
      await using it = await session({ where, script, line: ["--permission-mode", "auto", "--no-sandbox"] });
      await it.sends("begin");
      await processes("hh-kill-nine", 1);
      it.terminal.signal("SIGKILL");
      expect((await it.terminal.ended).code).toBe(137);
      await processes("hh-kill-nine", 0);
    }
    await using again = await session({ where, script: ["gone on"], line: ["-c", "--no-sandbox"] });
    await again.sees("> begin", "echo once");
    expect(again.shown()).not.toContain("/help lists");
    await goesOn(again, "gone on");
    expect(again.server.requests[0]?.messages.find(({ role }) => role === "tool")?.text).toMatch(/^Interrupted: /);
    expect(readFileSync(join(where.work, "ran"), "utf8")).toBe("once\n");
  });

  it("goes on after its window was closed", async () => {
    const where = place();
    {
      await using it = await session({ where, script: [FLOWING] });
      await it.sends("begin");
      await it.sees("flowing flowing");
      const { pid } = it.terminal;
      it.terminal.hangUp();
      await gone(pid);
    }
    await using again = await session({ where, script: ["gone on"], line: ["-c", "--no-sandbox"] });
    expect(factsOf(again).findLast(({ type }) => type === "ended")).toMatchObject({ outcome: "aborted" });
    await goesOn(again, "gone on");
  });
});

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
