import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MAIN, place } from "../nanocoder.js";
import { leaves, PROMPT, processes, quiet, type Session, session } from "./session.js";

const MARKERS = Array.from({ length: 12 }, (_, n) => `marker ${n} of the shell`);

/** A session that a shell with job control started, after words of its own. */
async function underShell(start: Parameters<typeof session>[0] = {}): Promise<Session> {
  const where = place();
  const path = join(where.work, "run");
  const flags = "--no-sandbox --permission-mode auto";
  writeFileSync(path, `#!/bin/sh\nexec ${process.execPath} ${MAIN} ${flags} "$@"\n`);
  chmodSync(path, 0o755);
  const it = await session({
    ...{ where, file: "bash", args: ["--norc", "--noprofile", "-i"], until: "shell$" },
    ...start,
    env: { PS1: "shell$ ", ...start.env },
  });
  it.terminal.type(`${MARKERS.map((words) => `echo "${words}"`).join("; ")}; ./run\r`);
  await it.sees(PROMPT);
  return it;
}

async function stopped({ terminal }: Session): Promise<void> {
  terminal.key("ctrl-z");
  await terminal.until(/Stopped[\s\S]*shell\$$/m);
  expect(terminal.modes).toMatchObject({ alternate: false, cursor: true, otherKeys: 0, kitty: 0, wraps: true });
}

async function finished(it: Session): Promise<void> {
  expect((await leavesToShell(it)).filter((line) => MARKERS.includes(line))).toEqual(MARKERS);
}

async function leavesToShell(it: Session): Promise<string[]> {
  it.terminal.key("ctrl-d");
  await it.terminal.until(/shell\$$/m);
  it.terminal.type("exit\r");
  await it.terminal.ended;
  expect(it.terminal.restored()).toEqual([]);
  return it.terminal.scrollback();
}

const bash = (command: string) => ({ calls: [{ name: "bash", input: { command } }] });

describe("Ctrl-Z", () => {
  it("at the prompt, in the transcript, with a list open: gives the terminal to the shell, and all is back with fg", async () => {
    await using it = await underShell({ script: ["hello"] });
    await it.sends("hi");
    await it.sees("hello");
    await it.rests();
    it.terminal.type("half a thou");
    await it.sees("> half a thou");
    await stopped(it);
    it.terminal.type("fg\r");
    await it.sees("> half a thou");
    it.terminal.type("ght");
    await it.sees("> half a thought");
    it.terminal.key("ctrl-o");
    await it.terminal.until(() => it.terminal.modes.alternate);
    await stopped(it);
    it.terminal.type("fg\r");
    await it.terminal.until(() => it.terminal.modes.alternate);
    it.terminal.type("q");
    await it.sees("> half a thought");
    it.terminal.key("ctrl-c");
    it.terminal.type("/he");
    await it.sees("› ");
    await stopped(it);
    it.terminal.type("fg\r");
    await it.sees("> /he");
    it.terminal.key("ctrl-c");
    await it.rests();
    await finished(it);
  });

  it("in a turn: what runs goes on, and its answer is there after fg", async () => {
    const script = [bash("until [ -e go ]; do sleep 0.05; done; echo over > done; : hh-job-turn"), "All done."];
    await using it = await underShell({ script });
    await it.sends("begin");
    await processes("hh-job-turn", 1);
    await stopped(it);
    it.terminal.type("touch go; until [ -e done ]; do sleep 0.05; done; echo be''hold\r");
    await it.sees("behold");
    it.terminal.type("fg\r");
    await it.sees("All done.");
    await it.rests();
    expect(it.server.refusals).toEqual([]);
    await finished(it);
  });

  it("while a question is open: it is asked again after fg", async () => {
    const write = { calls: [{ name: "write_file", input: { path: "/tmp/../etc/hh", content: "x" } }] };
    await using it = await underShell({ script: [write, "So not."] });
    it.terminal.type("/exit\r");
    await it.terminal.until(/shell\$$/m);
    it.terminal.type("clear; ./run --permission-mode default\r");
    await it.sees(PROMPT);
    await it.sends("begin");
    await it.sees("yes, this once");
    await stopped(it);
    it.terminal.type("fg\r");
    await it.sees("yes, this once");
    // a key that comes at once was meant for something else
    await quiet();
    it.terminal.type("n");
    await it.sees("So not.");
    await it.rests();
    await leavesToShell(it);
  });
});

describe("the window's size", () => {
  it("changes in storms while text streams, and nothing of what stood there before is lost", async () => {
    const words = Array.from({ length: 400 }, (_, n) => `word${n}`);
    const script = [{ text: words.join(" "), chunk: 40, pause: 5 }, "gone on"];
    await using it = await underShell({ script, columns: 100, rows: 30 });
    await it.sends("begin");
    await it.sees("waiting");
    for (let n = 0; n < 50; n += 1) {
      it.terminal.resize(40 + ((n * 53) % 260), 10 + ((n * 7) % 40));
      if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const [columns, rows] of [
      [300, 50],
      [40, 20],
      [10, 3],
      [300, 50],
      [90, 30],
    ] as const) {
      it.terminal.resize(columns, rows);
      await it.terminal.until((screen) => screen.some((line) => line.startsWith("> ")) || rows < 4);
    }
    await it.rests();
    await it.sees("word399");
    await it.sends("and now?");
    await it.sees("gone on");
    const screen = it.terminal.screen();
    const at = screen.findIndex((line) => line.includes("gone on"));
    expect(screen.slice(at - 2, at + 5).map((line) => line.slice(0, 14))).toEqual([
      "> and now?",
      "",
      "gone on",
      "",
      "─ auto ───────",
      "> Ask for anyt",
      "─".repeat(14),
    ]);
    const told = it.shown().replace(/\s+/g, " ");
    for (const marker of MARKERS) expect(told).toContain(marker);
    for (const word of words) expect(told).toContain(word);
    await leavesToShell(it);
  });

  it("of 10 columns and 3 rows still shows the caret", async () => {
    await using it = await session({ script: ["hello"], columns: 10, rows: 3, until: "> Ask" });
    it.terminal.type("abc");
    await it.sees("> abc");
    expect(it.terminal.cursor().column).toBe(5);
    it.terminal.key("enter");
    await it.server.arrived(0);
    await it.sees("> Ask");
    await it.terminal.until(() => it.shown().includes("hello"));
    expect(await leaves(it)).toEqual({ code: 0, left: [] });
  });
});
