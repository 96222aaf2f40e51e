import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { brokenFor, cutTo } from "../../src/cli/columns.js";
import { fixture, served } from "../mcp/serving.js";
import { pty } from "../setup/pty.js";
import { MAIN, nanocoder, type Place } from "./nanocoder.js";

const at = (columns: number) => ({ isTTY: true, columns });

it("lines at a terminal end between words and go on indented; elsewhere they stay", () => {
  const line = "✓ fix  2 tools  node /a/path/that/is/long/server.mjs  (user)";
  expect(brokenFor(line, at(30)).split("\n")).toEqual([
    "✓ fix  2 tools  node",
    "    /a/path/that/is/long/",
    "    server.mjs  (user)",
  ]);
  expect(brokenFor("  one  two three\nfour", at(12))).toBe("  one  two\n      three\nfour");
  expect(brokenFor(line, { isTTY: false, columns: 30 })).toBe(line);
  expect(brokenFor(line, {})).toBe(line);
});

it("lines at a terminal are never wider than it, and lose no word", () => {
  const word = fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom("你好世界你好", "/a/b/c/", "    ", "é́"));
  fc.assert(
    fc.property(fc.array(word), fc.integer({ min: 2, max: 60 }), (words, columns) => {
      const text = words.join(" ");
      const lines = brokenFor(text, at(columns)).split("\n");
      expect(lines.filter((each) => cutTo(each, columns) !== each)).toEqual([]);
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replace(/[ \n]/g, ""));
    }),
  );
});

async function shownAt(where: Place, args: readonly string[]): Promise<string[]> {
  const { home: HOME, work: cwd } = where;
  const it = pty({ file: process.execPath, args: [MAIN, ...args], cwd, env: { HOME }, columns: 40 });
  await it.ended;
  return it.scrollback().filter((line) => line !== "");
}

it("what is listed at a narrow terminal breaks at words", async () => {
  const tools = [
    { name: "look", description: "Looks for what has been lost somewhere", inputSchema: { type: "object" } },
  ];
  const where = served({ fix: fixture({ tools }) });
  mkdirSync(join(where.work, ".claude/skills/bad"), { recursive: true });
  writeFileSync(join(where.work, ".claude/skills/bad/SKILL.md"), "---\nname: [oops\n---\nx");
  await nanocoder(["schedule", "add", "every 3h look whether the nightly build is green"], { place: where });
  for (const [args, words] of [
    [["schedule", "list"], "look whether the nightly build is green"],
    [["skills"], "Its folder's name and its first line stand in."],
    [["mcp", "test", "fix"], "mcp__fix__look Looks for what has been lost somewhere"],
  ] as const) {
    const lines = await shownAt(where, args);
    expect(lines.length).toBeGreaterThan(1);
    const said = lines.map((line) => line.trim());
    for (const word of words.split(" ")) expect(said.join("\n").split(/\s+/)).toContain(word);
  }
  const list = await shownAt(where, ["mcp", "list"]);
  expect(list[0]).toMatch(/^✓ fix {2}1 tool {2}\S/);
  expect(list.slice(1).every((line) => line.startsWith("    "))).toBe(true);
}, 30_000);
