import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ScriptStep } from "../../../src/models/scripted/script.js";
import { placeWith } from "../goals.js";
import { factsOf, leaves, type Session, session } from "./session.js";

const OPEN = ["--no-sandbox", "--permission-mode", "auto"];
const bash = (command: string) => ({ calls: [{ name: "bash", input: { command } }] });
const read = (path: string) => ({ name: "read_file", input: { path } });

const FENCE = Array.from({ length: 60 }, (_, n) => `const fenced${n} = "行 ${n}";`);
const MARKDOWN = [
  "# Heading 标题",
  "",
  "| Name | 说明 |",
  "|---|---|",
  "| cellone | 第一格 |",
  "| celltwo | 第二格 |",
  "",
  "```ts",
  ...FENCE,
  "```",
  "",
  "- item one",
  "  - item inner",
  "- item two **bold**",
  "",
  "The end of it.",
].join("\n");

/** All that a session shows: Markdown, thinking, calls side by side, one that fails, a diff, a long output. */
const SCRIPT: ScriptStep[] = [
  { text: MARKDOWN, chunk: 11 },
  { calls: [read("a.txt"), read("b.txt"), read("missing.txt")] },
  { thinking: "pondering deeply\nover two lines", text: "Read them." },
  { calls: [{ name: "write_file", input: { path: "a.txt", content: "one\n2\nthree\n" } }] },
  "Written.",
  bash("seq -f 'line-%g' 1 500"),
  "Counted.",
];
const FILES = { "a.txt": "one\ntwo\nthree\n", "b.txt": "b\n" };

async function showsAll(it: Session): Promise<void> {
  for (const [words, end] of [
    ["markdown", "The end of it."],
    ["read", "Read them."],
    ["write", "Written."],
    ["count", "Counted."],
  ] as const) {
    await it.sends(words);
    await it.sees(end);
    await it.rests();
  }
}

const times = (text: string, part: string) => text.split(part).length - 1;

describe("what a session shows", () => {
  it("stands in the scrollback once, whole where it is words, folded where it is output", async () => {
    await using it = await session({ script: SCRIPT, where: placeWith(FILES), line: OPEN });
    await showsAll(it);
    const all = it.shown();
    const once = [
      ...["Heading 标题", "cellone", "celltwo", "第二格", "item one", "item inner", "item two bold", "The end of it."],
      ...FENCE,
      ...["✓ 2 reads read_file a.txt, b.txt", "✗ read_file missing.txt", "Read them.", "✓ write_file a.txt"],
      ...["Written.", "Counted.", "line-1\n", "line-3\n", "… 494 more lines (Ctrl+O)", "line-498", "line-500"],
    ];
    expect(once.filter((each) => times(all, each) !== 1)).toEqual([]);
    for (const each of ["line-4\n", "line-250", "**bold**", "|---|"]) expect(all).not.toContain(each);
    expect(all).toMatch(/^ +2 +- two\n +2 \+ 2$/m);
    expect(it.server.requests[2]?.results).toHaveLength(3);
    expect(all.indexOf("read_file a.txt")).toBeLessThan(all.indexOf("read_file missing.txt"));

    it.terminal.key("ctrl-o");
    await it.sees("q close");
    expect(it.terminal.modes.alternate).toBe(true);
    it.terminal.type("/line-321\r");
    await it.terminal.until(/^ *(?:\d+ )?.*line-321$/m);
    expect(it.terminal.screen().join("\n")).toContain("/line-321");
    it.terminal.key("home");
    await it.sees("markdown");
    it.terminal.key("tab");
    await it.terminal.until((screen) => screen.slice(0, 5).join().includes("path: a.txt"));
    it.terminal.type("/nowhere-to-be-found\r");
    await it.sees("not found");
    it.terminal.type("q");
    await it.rests();
    expect(it.terminal.modes.alternate).toBe(false);
    expect(it.shown()).toBe(all);
    expect(await leaves(it)).toEqual({ code: 0, left: [] });
  });

  it("counts attempts on one line while they last, and folds what a command of the person writes", async () => {
    const busy = { error: { status: 529, message: "overloaded" } };
    await using it = await session({ script: [busy, busy, "Here at last."], line: OPEN });
    await it.sends("hello");
    await it.sees("trying again in 1 s, 2 of 10", "Here at last.");
    await it.rests();
    expect(times(it.shown(), "attempt 3")).toBe(1);
    expect(it.shown()).not.toContain("trying again");
    await it.sends("!seq -f 'row-%g' 1 60");
    await it.sees("row-60");
    expect(it.shown()).toContain("row-11\n… 41 more lines (Ctrl+O)\nrow-53\n");
    it.terminal.key("ctrl-o");
    await it.sees("row-50");
    it.terminal.type("q");
    await it.rests();
  });

  it("has no colour where none is wanted, and those of a light ground on one", async () => {
    const colours = (log: string) => {
      const all = [...log.matchAll(/\u001b\[([\d;]*)m/g)].flatMap(([, codes = ""]) => codes.split(";"));
      return new Set(all.filter((code) => /^(?:[349][0-8]|10[0-7])$/.test(code)));
    };
    const looks = { NO_COLOR: [] as string[], COLORFGBG: ["31", "32", "34"], TERM: ["31", "32", "36"] };
    const values = { NO_COLOR: "1", COLORFGBG: "0;15", TERM: "xterm-256color" };
    for (const name of ["NO_COLOR", "COLORFGBG", "TERM"] as const) {
      await using it = await session({
        ...{ script: SCRIPT, where: placeWith(FILES), line: OPEN, env: { [name]: values[name] } },
      });
      await showsAll(it);
      const found = colours(it.terminal.bytes.log);
      for (const code of looks[name]) expect(found, name).toContain(code);
      if (name === "NO_COLOR") expect([...found]).toEqual([]);
      if (name === "COLORFGBG") expect([...found].filter((code) => code === "36" || code === "33")).toEqual([]);
    }
  });

  it("has a board of a goal above the prompt while its checks run, and tells what is to do", async () => {
    const where = placeWith({});
    {
      const script = [bash("touch go"), "Made.", "Ended."];
      await using it = await session({ where, script, line: OPEN });
      it.terminal.type("/goal make go\r");
      await it.sees("Criterion 1:");
      it.terminal.type("it is there ||| test -e go\r");
      await it.sees("Criterion 2:");
      it.terminal.type("it waits ||| until [ -e through ]; do sleep 0.05; done\r");
      await it.sees("Criterion 3:");
      it.terminal.key("enter");
      await it.sees("check 2 of 2: until", "1. it is there", "2. it waits", "checking what holds already 1 s");
      writeFileSync(join(where.work, "through"), "");
      await it.sees("[GOAL MET] make go");
      await it.rests();
      expect(it.terminal.screen().join("\n")).not.toContain("check 2 of 2: until [ -e through ]; do sleep 0.05; done,");
      await leaves(it);
    }
    const root = join(where.home, ".nanocoder/sessions");
    const file = readdirSync(root, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith(".jsonl")) ?? "";
    const seq = JSON.parse(JSON.stringify(factsOf({ where } as Session).at(-1))).seq + 1;
    const value = [
      { content: "first thing", status: "completed" },
      { content: "第二件事", status: "in_progress" },
      { content: "third thing", status: "pending" },
    ];
    appendFileSync(join(root, file), `${JSON.stringify({ type: "state", key: "todo", value, seq, at: Date.now() })}\n`);
    await using it = await session({ where, script: [{ silent: true }], line: [...OPEN, "-c"] });
    await it.sends("/todo");
    await it.sees("[x] first thing", "[>] 第二件事", "[ ] third thing");
  });
});
