import { rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkEnv, passed, runCheck } from "../../src/goals/checks.js";
import { changedScripts, noteAgain, noteCalled, type Place, wrongPrograms } from "../../src/goals/programs.js";
import { ENV, place, put } from "./places.js";

function at(root: string, path = ENV.PATH): Place {
  return { root, home: "/nowhere", env: checkEnv({ ...ENV, PATH: path }, root) };
}

/** What is found wrong and changed after some work, in a workspace with these files. */
function afterWork(files: Record<string, string>, command: string, work: (root: string) => void) {
  const root = place(files);
  const before = JSON.parse(JSON.stringify(noteCalled([command], at(root))));
  work(root);
  const now = noteAgain(before, [command], at(root));
  return { wrong: wrongPrograms(before, at(root)), scripts: changedScripts(before, now) };
}

const EXIT = "#!/bin/sh\nexit 0\n";

describe("a program of a check", () => {
  it("that another was put before is told, and it is that other that would have passed", async () => {
    const root = place();
    const [first, second] = [place(), place({ runner: "#!/bin/sh\nexit 1\n" })];
    const where = at(root, `${first}:${second}:${ENV.PATH}`);
    const before = noteCalled(["runner --all && echo ok"], where);
    expect(before.programs.runner?.path).toBe(join(second, "runner"));
    expect(wrongPrograms(before, where)).toEqual([]);
    put(join(first, "runner"), EXIT);
    expect(wrongPrograms(before, where)).toEqual([
      `Another \`runner\` was put before the real one: ${first}/runner instead of ${second}/runner. Remove it.`,
    ]);
    const signal = new AbortController().signal;
    const around = { cwd: root, env: { ...ENV, PATH: where.env.PATH ?? "" }, signal, outputs: join(root, "out") };
    expect(passed(await runCheck({ command: "runner --all", ...around }))).toBe(true);
    rmSync(join(first, "runner"));
    expect(wrongPrograms(before, where)).toEqual([]);
    expect(passed(await runCheck({ command: "runner --all", ...around }))).toBe(false);
  });

  it("whose file was changed, removed or made to lead elsewhere is told; the same content anew is the same", () => {
    const bin = place({ runner: EXIT, other: EXIT.replace("0", "1") });
    const where = at(place(), `${bin}:${ENV.PATH}`);
    const before = noteCalled(["timeout 5 runner"], where);
    put(join(bin, "runner"), EXIT);
    utimesSync(join(bin, "runner"), 1, 1);
    expect(wrongPrograms(before, where)).toEqual([]);
    put(join(bin, "runner"), EXIT.replace("0", "2"));
    expect(wrongPrograms(before, where)).toEqual([expect.stringContaining("`runner` of a check was changed")]);
    rmSync(join(bin, "runner"));
    expect(wrongPrograms(before, where)).toEqual([expect.stringContaining("`runner` of a check is gone")]);
    symlinkSync("other", join(bin, "runner"));
    expect(wrongPrograms(before, where)).toHaveLength(1);
  });

  it("brings its interpreter with it", () => {
    const [first, bin] = [place(), place({ runner: "#!/usr/bin/env node\n" })];
    const where = at(place(), `${first}:${bin}:${ENV.PATH}`);
    const before = noteCalled(["runner"], where);
    put(join(first, "node"), EXIT);
    expect(wrongPrograms(before, where)).toEqual([expect.stringContaining("Another `node` was put before")]);
  });

  it("that was missing and was installed is not wrong; words of the shell are no programs", () => {
    const bin = place();
    const where = at(place(), `${ENV.PATH}:${bin}`);
    const before = noteCalled(["new-tool && echo a && [ 1 = 1 ] && cd x"], where);
    expect(Object.keys(before.programs)).toEqual(["new-tool"]);
    put(join(bin, "new-tool"), EXIT);
    expect(wrongPrograms(before, where)).toEqual([]);
  });

  it("that lies in the workspace is part of the work: it is named", () => {
    const root = place({ "bin/tool": EXIT });
    const where = at(root, `${root}/bin:${ENV.PATH}`);
    const before = noteCalled(["tool"], where);
    put(join(root, "bin/tool"), EXIT.replace("0", "1"));
    expect(wrongPrograms(before, where)).toEqual([]);
    expect(changedScripts(before, noteAgain(before, ["tool"], where))).toEqual(["bin/tool"]);
  });

  it("is not taken from what npm puts before PATH", () => {
    const files = { "package.json": '{"scripts":{"test":"node --test"}}', "a.test.js": "" };
    const { wrong, scripts } = afterWork(files, "npm test", (root) => {
      put(join(root, "node_modules/.bin/node"), EXIT);
      put(join(root, "node_modules/.bin/sh"), EXIT);
    });
    expect(wrong).toEqual([
      "Another `sh` was put before the real one: node_modules/.bin/sh. Remove it.",
      "Another `node` was put before the real one: node_modules/.bin/node. Remove it.",
    ]);
    expect(scripts).toEqual(["node_modules/.bin/node", "node_modules/.bin/sh"]);
  });
});

describe("what a check calls in the workspace is named when the worker changed it:", () => {
  const change = (path: string, text: string) => (root: string) => put(join(root, path), text);
  const PACKAGE = '{"name":"x","scripts":{"test":"vitest run && sh tools/lint.sh","other":"x"}}';
  const cases: [string, Record<string, string>, string, (root: string) => void, string[]][] = [
    ["a script", { "run.sh": EXIT }, "bash run.sh", change("run.sh", "true"), ["run.sh"]],
    ["a program", { "bin/x": EXIT }, "cd bin && ./x", change("bin/x", "#!/bin/sh\n"), ["bin/x"]],
    ["a script of a script", { "a.sh": "sh b.sh\n", "b.sh": "x" }, "sh a.sh", change("b.sh", "y"), ["b.sh"]],
    ["what is sourced", { "lib.sh": "x" }, ". ./lib.sh; f", change("lib.sh", "y"), ["lib.sh"]],
    ["the code of an interpreter", { "t.js": "x" }, "FOO=1 node t.js", change("t.js", "y"), ["t.js"]],
    [
      "an entry of package.json",
      { "package.json": PACKAGE },
      "npm test",
      change("package.json", PACKAGE.replace("vitest run", "true")),
      ["package.json#test"],
    ],
    [
      "one that runs before it",
      { "package.json": PACKAGE },
      "npm run test",
      change("package.json", PACKAGE.replace('"other"', '"pretest"')),
      ["package.json#pretest"],
    ],
    [
      "what such an entry calls",
      { "package.json": PACKAGE, "tools/lint.sh": "x" },
      "npm t",
      change("tools/lint.sh", "y"),
      ["tools/lint.sh"],
    ],
    [
      "and which package it takes",
      { "package.json": PACKAGE, "node_modules/.bin/vitest": "x" },
      "pnpm test",
      change("node_modules/.bin/vitest", EXIT),
      ["node_modules/.bin/vitest"],
    ],
    [
      "settings that came",
      { "package.json": PACKAGE },
      "npm test",
      change("vitest.config.ts", "x"),
      ["vitest.config.ts"],
    ],
    ["the shell of npm", { "package.json": PACKAGE }, "npm test", change(".npmrc", "script-shell=./x"), [".npmrc"]],
    ["a Makefile", { Makefile: "check:\n\ttrue\n" }, "make check", change("Makefile", "check:\n"), ["Makefile"]],
    [
      "what a recipe calls",
      { Makefile: "check:\n\t@python3 t.py\n", "t.py": "" },
      "make",
      change("t.py", "y"),
      ["t.py"],
    ],
    ["conftest.py", { "tests/test_a.py": "x" }, "pytest -q", change("tests/conftest.py", "y"), ["tests/conftest.py"]],
    [
      "the tests on the line",
      { "tests/test_a.py": "x" },
      "python3 -m pytest tests",
      change("tests/test_a.py", "y"),
      ["tests/test_a.py"],
    ],
    ["what went", { "run.sh": EXIT }, "./run.sh", (root) => rmSync(join(root, "run.sh")), ["run.sh"]],
  ];
  it.each(cases)("%s", (_, files, command, work, named) => {
    const { wrong, scripts } = afterWork(files, command, work);
    expect(scripts).toEqual(named);
    expect(wrong).toEqual([]);
  });

  it("not what it only reads, nor other entries", () => {
    const files = { "src/a.js": "x", "package.json": PACKAGE };
    const { scripts } = afterWork(files, "grep -q y src/a.js && npm test", (root) => {
      put(join(root, "src/a.js"), "y");
      writeFileSync(join(root, "package.json"), PACKAGE.replace('"other":"x"', '"other":"y"'));
    });
    expect(scripts).toEqual([]);
  });

  it("also a script that its caller no longer calls", () => {
    const { scripts } = afterWork({ "a.sh": "sh b.sh\n", "b.sh": "x" }, "sh a.sh", (root) => {
      put(join(root, "a.sh"), "true\n");
      put(join(root, "b.sh"), "y");
    });
    expect(scripts).toEqual(["a.sh", "b.sh"]);
    const alone = afterWork({ "a.sh": "sh b.sh\n", "b.sh": "x" }, "sh a.sh", (root) =>
      put(join(root, "a.sh"), "true\n"),
    );
    expect(alone.scripts).toEqual(["a.sh"]);
  });

  it("and a script that calls itself, or a line that is no shell, ends", () => {
    const root = place({ "a.sh": "sh a.sh; sh a.sh\n" });
    expect(Object.keys(noteCalled(["sh a.sh", "if then ("], at(root)).scripts)).toEqual(["a.sh"]);
  });
});
