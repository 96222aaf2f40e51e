import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { evalCommand } from "../../../src/cli/repl/commands/eval-command.js";
import type { Script, Turn } from "../../../src/models/scripted/script.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { bash, committed, placeWith } from "../goals.js";
import { opened, type Person } from "./sessions.js";

const TEST = `import { test } from "node:test";
import { equal } from "node:assert";
import { sum } from "./sum.mjs";
test("adds", () => equal(sum(1, 2), 3));
`;
const write = (path: string, content: string): Turn => ({ calls: [{ name: "write_file", input: { path, content } }] });
const WRONG = write("sum.mjs", "export const sum = (a, b) => a - b;\n");
const RIGHT = write("sum.mjs", "export const sum = (a, b) => a + b;\n");

type Options = { person?: Person; locale?: "en" | "zh"; flags?: object; where?: ReturnType<typeof placeWith> };

async function session(script: Script, options: Options = {}) {
  const server = await modelServer(script);
  const { where = placeWith({ "sum.test.mjs": TEST }), ...more } = options;
  const flags = { verify: false, ...more.flags };
  const made = await opened({ where, url: server.url, ...more, flags });
  return {
    ...made,
    where,
    requests: server.requests,
    eval: (words: string) => made.desk.during(() => evalCommand(made.desk, words)),
    async [Symbol.asyncDispose]() {
      await made[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe("/eval", () => {
  it("tells what fails of what the last prompt changed, and /eval fix has it mended", async () => {
    const person: Person = { choose: ["run", "run", "run"] };
    await using made = await session(
      [write("b.json", "{}"), "Done.", WRONG, "Done.", bash("ls"), "Nothing to add.", RIGHT, "Mended."],
      { person },
    );
    await made.prompt("write b");
    await made.prompt("write sum");
    await made.prompt("anything to add?");
    await made.eval("");
    expect(made.ui.seen.asked[0]?.title).toBe(
      "Run node --test sum.test.mjs? By itself it is not run: commands are not isolated here.",
    );
    expect(made.told()).toMatch(
      /changed by: write sum\n\[x] syntax of sum\.mjs: passed\n\[!] node --test sum\.test\.mjs: failed \(exit 1, .*\n(?: {6}.*\n)* {6}.*not ok 1 - adds[\s\S]*\/eval fix has the model mend it\.$/,
    );
    expect(made.requests).toHaveLength(6);
    expect(made.ui.seen.items.at(-1)?.type).toBe("ended");
    await made.eval("fix");
    expect(made.requests[6]?.lastText).toMatch(
      /^The files you changed were checked, and this fails now[\s\S]*node --test/,
    );
    await made.eval("fix");
    expect(made.told()).toMatch(/\[x] node --test sum\.test\.mjs: passed\nNothing fails: there is nothing to mend\.$/);
    expect(made.requests).toHaveLength(8);
    expect(made.events().filter((event) => event.type === "state" && event.key === "verify")).toEqual([]);
  });

  it("says of what the person did not let run that it is not checked", async () => {
    await using made = await session([WRONG, "Done."], { locale: "zh" });
    await made.prompt("write sum");
    await made.eval("");
    expect(made.told()).toContain("[?] node --test sum.test.mjs: 未检查 (commands are not isolated here)");
  });

  it("looks at all that git calls changed, who ever did it", async () => {
    const where = placeWith({ "a.json": "{}", "b.json": "{}" });
    committed(where.work);
    await using made = await session([], { where });
    await made.eval("");
    expect(made.told()).toContain("No prompt of this session changed a file");
    await made.eval("all");
    expect(made.told()).toContain("git calls nothing changed here.");
    writeFileSync(join(where.work, "a.json"), '{"a":');
    writeFileSync(join(where.work, "c.json"), "[]");
    writeFileSync(join(where.work, "e\u202e.json"), "[]");
    rmSync(join(where.work, "b.json"));
    await made.eval("all");
    expect(made.told()).toMatch(/\[!] syntax of a\.json: failed/);
    expect(made.told()).toContain("[x] syntax of e\\u{202e}.json: passed");
    expect(made.told()).toContain("[x] syntax of c.json: passed");
    expect(made.told()).not.toContain("\u202e");
  });

  it.each([
    ["everything", {}, '/eval: it takes all and fix, not "everything".'],
    ["", { permissionMode: "plan" }, "/eval: in mode plan nothing is run."],
    ["all", {}, "/eval all: git tells no changes here."],
  ])("refuses %j with %j", async (words, flags, why) => {
    await using made = await session([], { flags });
    await expect(made.eval(words)).rejects.toThrow(why);
  });
});
