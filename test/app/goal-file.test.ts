import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { goalSource, readGoal } from "../../src/app/goal-file.js";

const cwd = realpathSync(mkdtempSync(join(tmpdir(), "goals-")));
const write = (path: string, data: string | Buffer) => {
  mkdirSync(join(cwd, path, ".."), { recursive: true });
  writeFileSync(join(cwd, path), data);
};
const yaml = (goal: string) => `goal: ${goal}\ncriteria: c\n`;

write("goal.yaml", yaml("here"));
write("deep/goal.yml", yaml("deep"));
write("plain/x.txt", "");
write("odd.json", '\ufeff{"goal": "json",\r\n "criteria": ["c"]}\r\n');
write(".nanocoder/goals/parser.yaml", yaml("by name"));
write(".nanocoder/goals/plain.yml", yaml("name over folder"));
write("big.yaml", `goal: ${"x".repeat(1_000_000)}`);
write("binary.yaml", Buffer.from("goal: \0\u0001", "utf8"));
write("latin.yaml", Buffer.from("goal: caf\xe9", "latin1"));
write("wide.yaml", Buffer.from("\ufeffgoal: g", "utf16le"));
write("bad.yaml", "goal: g\ncriteria:\n  - check: 5\nstable: 0\n");
write("many.yaml", Array.from({ length: 15 }, (_, n) => `zzzzzzzz${n}: 1`).join("\n"));
symlinkSync("deep/goal.yml", join(cwd, "link.yaml"));
symlinkSync("nowhere", join(cwd, "broken.yaml"));
execFileSync("mkfifo", [join(cwd, "pipe.yaml")]);

const goalOf = async (asked: string | undefined, here = cwd) => (await readGoal(asked, {}, here)).goal;
const refusal = async (asked: string | undefined, here = cwd) => {
  try {
    return await readGoal(asked, { criteria: [{ check: "x" }] }, here);
  } catch (error) {
    return error instanceof Error && error.name === "UsageError" ? error.message : error;
  }
};

describe("what stands after `nanocoder goal`", () => {
  it.each([
    [undefined, "here"],
    ["goal.yaml", "here"],
    [".", "here"],
    ["deep", "deep"],
    ["deep/", "deep"],
    ["link.yaml", "deep"],
    [join(cwd, "odd.json"), "json"],
    ["parser", "by name"],
    ["parser.yaml", "by name"],
    ["plain", "name over folder"],
  ])("%s is a file", async (asked, goal) => {
    expect(await goalOf(asked)).toBe(goal);
  });

  it.each([
    "Make the parser pass",
    "Mend src/a.ts and deep/goal.yml",
    "goal.yaml\nis wrong",
    "Refactor",
    "修复解析器",
    "long ".repeat(100),
  ])("%j is the goal itself", async (words) => {
    expect(goalSource(words, cwd)).toEqual({ type: "words", words });
    expect(await refusal(words)).toMatchObject({ goal: words.trim(), criteria: [{ check: "x" }] });
  });

  it("names the file of a contract by its whole path", async () => {
    expect((await readGoal("parser", {}, cwd)).file).toBe(join(cwd, ".nanocoder/goals/parser.yaml"));
    expect(await readGoal("g h", { criteria: [{ criterion: "c" }] }, cwd)).not.toHaveProperty("file");
  });

  it.each([
    ["nowhere.yaml", "nowhere.yaml does not exist."],
    ["goals.yaml", "goals.yaml does not exist. Did you mean goal.yaml?"],
    ["src/a.ts", "src/a.ts does not exist."],
    ["broken.yaml", "broken.yaml does not exist."],
    ["parsr", 'There is no goal "parsr" in .nanocoder/goals. Did you mean "parser"?'],
    [".nanocoder", ".nanocoder is a folder without a goal.yaml: `nanocoder goal init` drafts one."],
    ["big.yaml", "big.yaml is larger than 1 MB: that is no goal."],
    ["binary.yaml", "binary.yaml is no text in UTF-8: a goal is written in YAML."],
    ["latin.yaml", "latin.yaml is no text in UTF-8: a goal is written in YAML."],
    ["wide.yaml", "wide.yaml is no text in UTF-8: a goal is written in YAML."],
    ["pipe.yaml", "pipe.yaml is no file: a goal stands in a file."],
    ["", "The goal is empty: say in one sentence what should be done."],
  ])("%s is refused in one sentence", async (asked, why) => {
    expect(await refusal(asked)).toBe(why);
  });

  it("is refused with file, line and column of each mistake, ten at most", async () => {
    expect(await refusal("bad.yaml")).toMatch(/^bad\.yaml:3:12: "check" wants .*\nbad\.yaml:4:9: "stable" wants .*$/);
    const many = String(await refusal("many.yaml")).split("\n");
    expect(many).toHaveLength(11);
    expect(many[10]).toBe("And 5 more.");
  });

  it("must be said where there is no goal.yaml", async () => {
    expect(await refusal(undefined, join(cwd, "plain"))).toMatch(/^There is no goal\.yaml here\. Say what to do/);
  });
});
