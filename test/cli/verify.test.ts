import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it as test } from "vitest";
import type { ScriptStep, SeenRequest } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, type Place, place, processesWith, sessionsIn, start } from "./nanocoder.js";

// without user namespaces there is no sandbox, and then no command of a project is run by itself
const works = spawnSync("bwrap", ["--ro-bind", "/", "/", "--unshare-net", "--unshare-pid", "true"]).status === 0;
const boxed = works ? test : test.skip;
const python = spawnSync("python3", ["-I", "-c", "import unittest"]).status === 0 ? boxed : test.skip;

type Files = { [path: string]: string };
type Setting = { files?: Files; where?: Place; args?: string[]; settings?: object; env?: Record<string, string> };

function put(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

async function runs(script: readonly ScriptStep[], setting: Setting = {}) {
  const { files = {}, where = place(), args = [], settings, env = {} } = setting;
  // what lies above must not say what kind of scripts these are
  put(where.work, { "package.json": "{}", ...files });
  if (settings) put(where.home, { ".nanocoder/settings.json": JSON.stringify(settings) });
  await using server = await modelServer(script);
  const words = ["-p", "do it", "--output-format", "json", ...args];
  const ended = await nanocoder(words, { place: where, env: { ...openaiAt(server.url), ...env } });
  const requests: readonly SeenRequest[] = server.requests;
  return { ...ended, where, requests, json: JSON.parse(ended.stdout), told: requests.map(({ lastText }) => lastText) };
}

const write = (path: string, content: string) => ({ calls: [{ name: "write_file", input: { path, content } }] });
const look = (path: string) => ({ calls: [{ name: "read_file", input: { path } }] });
const bash = (command: string) => ({ calls: [{ name: "bash", input: { command } }] });
const left = (mark: string) => readdirSync("/tmp").filter((name) => existsSync(join("/tmp", name, mark)));

const SUM = "exports.sum = (a, b) => a + b;\n";
const BROKEN_SUM = "exports.sum = (a, b) => a - b;\n";
const testOf = (name: string, got: string, wanted: string) =>
  `require("node:test").test("${name}", () => require("node:assert").equal(${got}, ${wanted}));\n`;
const SUM_TEST = testOf("adds", 'require("./sum.js").sum(1, 2)', "3");

describe("syntax", () => {
  test("broken JSON is sent back once, mended, and then all is well", async () => {
    const ended = await runs([write("a.json", '{"a": 1,}'), "done", write("a.json", '{"a": 1}'), "now it is well"]);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.requests).toHaveLength(4);
    expect(ended.told[2]).toMatch(/this fails now.*\n\nsyntax of a\.json \(a new file\)\n.*JSON/s);
    expect(ended.stderr).toContain("verify: checking 1 changed file…");
    expect(ended.stderr).toContain("verify: sent back (1 of 2): syntax of a.json");
    expect(ended.stderr).toContain("verify: syntax of a.json: passed");
    expect(ended.json).toMatchObject({ result: "now it is well", subtype: "success" });
    expect(ended.json.verification).toEqual({
      status: "passed",
      repairs: 1,
      checks: [{ check: "syntax of a.json", status: "passed" }],
    });
  });

  test("is not blamed on the run where it was broken before; a model that leaves it is not asked again", async () => {
    const before = await runs([look("a.json"), write("a.json", "{{"), "done"], { files: { "a.json": "{" } });
    expect(before.requests).toHaveLength(3);
    expect(before.stderr).toContain("verify: syntax of a.json: failed (broken before this run too)");
    expect(before.json.verification.status).toBe("failed before");
    const meant = await runs([write("fixture.json", "{"), "done", "it is meant to be broken"]);
    expect(meant).toMatchObject({ code: 0 });
    expect(meant.requests).toHaveLength(3);
    expect(meant.stderr).toContain("verify: what fails was not mended (repairs asked for: 1)");
    expect(meant.json.verification).toMatchObject({
      status: "failed",
      checks: [{ status: "failed", before: "passed" }],
    });
  });

  test("goes back twice at most, and then the user hears of it; the run is done", async () => {
    const ended = await runs([
      write("a.json", "{"),
      "done",
      write("a.json", "[{"),
      "really",
      write("a.json", "[[{"),
      "this time",
    ]);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.requests).toHaveLength(6);
    // the word after the last call is the reminder of the todo list
    expect(ended.told.filter((text) => text.includes("this fails now"))).toHaveLength(3);
    expect(ended.stderr).toContain("verify: still failing after 2 repairs: syntax of a.json");
    expect(ended.json).toMatchObject({ subtype: "success", result: "this time", verification: { repairs: 2 } });
    const notes = sessionsIn(ended.where)[0]?.filter((event) => event.type === "note" && event.by === "verify");
    expect(notes).toHaveLength(2);
  });

  test("sees what a command wrote, and of many kinds of files which are broken", async () => {
    const files: Files = {
      "bad.json": "{",
      "bad.yaml": "a: [1\nb: 2",
      "bad.toml": "a = = 1",
      "bad.js": "const = 1;",
      "bad.mjs": "import {",
      "bad-module.js": "export const = 1;",
      "bad.sh": "if true; then",
      "bad.py": "def f(:\n  pass",
      "good.json": "[]",
      "good.yaml": "a: [1]\n",
      "good.toml": "a = 1\n",
      "good.js": 'import a from "b";\nawait a;\n',
      "good.cjs": 'require("a");',
      "good.sh": "if true; then :; fi",
      "good.py": "x: int = 1\n",
      "tsconfig.json": '{\n// why\n"a": "//",}',
      "view.js": "export const A = () => <b>x</b>;\n",
      "chart.yaml": "{{- if .x }}\na: [\n{{ end }}",
      "note.txt": "(",
    };
    const where = place();
    put(join(where.work, ".from"), files);
    const ended = await runs([bash("cp .from/* ."), "done", "as it is meant"], { where, args: ["--yolo"] });
    const checks: { check: string; status: string }[] = ended.json.verification.checks;
    const of = (status: string) =>
      checks
        .filter((each) => each.status === status)
        .map(({ check }) => check.replace("syntax of ", ""))
        .sort();
    expect(of("failed")).toEqual(
      Object.keys(files)
        .filter((name) => name.startsWith("bad"))
        .sort(),
    );
    expect(of("passed")).toEqual(
      Object.keys(files)
        .filter((name) => /^(good|tsc)/.test(name))
        .sort(),
    );
    expect(of("not checked").filter((name) => files[name])).toEqual(["chart.yaml", "view.js"]);
  });

  test("a program that is not there has checked nothing", async () => {
    const where = place();
    const bin = join(where.home, "bin");
    mkdirSync(bin);
    const ended = await runs([write("a.rb", "def ("), write("b.tsx", "<"), "done"], { where, env: { PATH: bin } });
    expect(ended.requests).toHaveLength(3);
    expect(ended.stderr).toMatch(/verify: syntax of a\.rb: not checked \(.*ruby.*not found\)/);
    expect(ended.stderr).toContain(
      "verify: syntax of b.tsx: not checked (this project has no TypeScript installed that",
    );
    expect(ended.json.verification.status).toBe("not checked");
  });

  boxed("takes TypeScript apart by the project's own compiler, in the sandbox", async () => {
    const compiler = `require("fs").appendFileSync(${JSON.stringify("/opt/nanocoder-escaped")}, "x", () => {});`;
    const fake = `let out = "free"; try { ${compiler} } catch { out = "held"; }
      exports.transpileModule = (text) => ({ diagnostics: text.includes("?!") ? [{ messageText: out }] : [] });
      exports.flattenDiagnosticMessageText = (text) => text;`;
    const files = { "node_modules/typescript/lib/typescript.js": fake };
    const ended = await runs([write("src/a.ts", "?!"), "done", write("src/a.ts", "let a = 1"), "mended"], { files });
    expect(ended.told[2]).toContain("syntax of src/a.ts (a new file)\nheld");
    expect(ended.json.verification.checks[0]).toEqual({ check: "syntax of src/a.ts", status: "passed" });
    expect(existsSync("/opt/nanocoder-escaped")).toBe(false);
  });

  boxed("takes it apart by a compiler that is a program, too", async () => {
    const where = place();
    mkdirSync(join(where.work, "node_modules"));
    symlinkSync(
      join(import.meta.dirname, "../../node_modules/typescript"),
      join(where.work, "node_modules/typescript"),
    );
    const well = 'import { x } from "./none";\nenum A { B }\nexport const a: string = x<A>(1);\n';
    const ended = await runs(
      [
        write("a.ts", "const a: = 1;"),
        write("b.tsx", "export const b = <p>{1}</p>;"),
        "done",
        write("a.ts", well),
        "mended",
      ],
      { where },
    );
    expect(ended.told[3]).toContain("\na.ts(1,10): error TS1110: Type expected.");
    expect(ended.json.verification).toMatchObject({ status: "passed", repairs: 1 });
  });

  test("runs nothing that lies in the workspace to read a file of it", async () => {
    const where = place();
    const trap = `#!/bin/sh\ntouch ${join(where.work, "ran")}\n`;
    put(where.work, { "ast.py": "open('ran', 'w')", python3: trap, bash: trap });
    for (const name of ["python3", "bash"]) chmodSync(join(where.work, name), 0o755);
    const env = { PATH: `${where.work}:${process.env.PATH}` };
    await runs([write("a.py", "x = 1\n"), write("b.sh", ":\n"), "done"], { where, env, args: ["--no-sandbox"] });
    expect(existsSync(join(where.work, "ran"))).toBe(false);
  });
});

describe("tests near the change", () => {
  const files = { "sum.js": SUM, "sum.test.js": SUM_TEST, "mark-of-sum": "" };

  boxed("a failure that the run introduced goes back with command, exit code and output, twice at most", async () => {
    const ended = await runs(
      [
        look("sum.js"),
        write("sum.js", BROKEN_SUM),
        "done",
        write("sum.js", `${BROKEN_SUM}\n`),
        "done",
        write("sum.js", BROKEN_SUM),
        "that is all",
      ],
      { files },
    );
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.requests).toHaveLength(7);
    expect(ended.told[3]).toContain("$ node --test sum.test.js\n[exit code 1] (passed before this run)\n");
    expect(ended.told[3]).toContain("not ok 1 - adds");
    expect(ended.stderr).toContain("verify: node --test sum.test.js: failed (passed before this run)");
    expect(ended.json.verification).toMatchObject({ status: "failed", repairs: 2 });
    expect(readFileSync(join(ended.where.work, "sum.js"), "utf8")).toBe(BROKEN_SUM);
    expect(left("mark-of-sum")).toEqual([]);
  });

  boxed("what failed before is not blamed, but a test that fails beside it is", async () => {
    const both = `${SUM_TEST}${testOf("never", "1", "2")}`;
    const same = await runs([look("sum.js"), write("sum.js", `${SUM}// words\n`), "done"], {
      files: { "sum.js": SUM, "sum.test.js": both },
    });
    expect(same.requests).toHaveLength(3);
    expect(same.stderr).toContain("verify: node --test sum.test.js: failed (failed before this run too)");
    const worse = await runs([look("sum.js"), write("sum.js", BROKEN_SUM), "done", write("sum.js", SUM), "done"], {
      files: { "sum.js": SUM, "sum.test.js": both },
    });
    expect(worse.requests).toHaveLength(5);
    expect(worse.told[3]).toContain("(new: adds)");
  });

  boxed("a new test that fails is the run's own", async () => {
    const ended = await runs(
      [write("sum.test.js", SUM_TEST), "done", write("sum.test.js", testOf("a", "1", "1")), "ok"],
      {
        files: { "sum.js": BROKEN_SUM },
      },
    );
    expect(ended.requests).toHaveLength(4);
    expect(ended.json.verification.checks.at(-1)).toMatchObject({ check: "node --test sum.test.js", status: "passed" });
  });

  python("Python by unittest, beside a module that is installed from this folder", async () => {
    const test =
      "import unittest, calc\nclass T(unittest.TestCase):\n  def test_add(self): self.assertEqual(calc.add(1, 2), 3)\n";
    const good = "def add(a, b): return a + b\n";
    const bad = "def add(a, b): return a - b\n";
    const ended = await runs(
      [look("src/calc.py"), write("src/calc.py", bad), "done", write("src/calc.py", good), "ok"],
      {
        files: { "src/calc.py": good, "tests/test_calc.py": test },
        env: { PYTHONPATH: "src" },
      },
    );
    expect(ended.requests).toHaveLength(5);
    expect(ended.told[3]).toMatch(
      /\$ python3 -m unittest tests\/test_calc\.py\n\[exit code 1\] \(passed before this run\)/,
    );
    expect(ended.stderr).toContain("verify: changed files: not checked (none is left that could be checked)");
    expect(existsSync(join(ended.where.work, "src/__pycache__"))).toBe(false);
  });

  boxed(
    "the linter that is configured sees the changed files alone; one that changes files is left alone",
    async () => {
      const lint = '#!/bin/sh\necho "linted $*"; ! grep -q var sum.js\n';
      const where = place();
      put(where.work, { "eslint.config.js": "", "node_modules/.bin/eslint": lint, "sum.js": SUM, "other.js": "var x" });
      chmodSync(join(where.work, "node_modules/.bin/eslint"), 0o755);
      const ended = await runs([look("sum.js"), write("sum.js", `var b;${SUM}`), "done", "no"], { where });
      expect(ended.told[3]).toContain("linted --no-warn-ignored sum.js");
      const fixing = { "package.json": '{"scripts": {"lint": "touch ran; prettier --write ."}}', "a.js": "1" };
      const none = await runs([look("a.js"), write("a.js", "2"), "done"], { files: fixing });
      expect(none.json.verification.checks).toEqual([{ check: "syntax of a.js", status: "passed" }]);
      expect(existsSync(join(none.where.work, "ran"))).toBe(false);
    },
  );
});

describe("where a command of the model would ask, no command of the project is run", () => {
  const script = [look("sum.js"), write("sum.js", BROKEN_SUM), "done"];
  const files = { "sum.js": SUM, "sum.test.js": `require("fs").writeFileSync("ran", "");${SUM_TEST}` };

  test.each([
    ["--no-sandbox", "commands are not isolated here"],
    ["--deny=bash(node *)", "node *"],
  ])("%s", async (flag, why) => {
    const ended = await runs(script, { files, args: [flag] });
    expect(ended.requests).toHaveLength(3);
    expect(ended.stderr).toMatch(/verify: node --test sum\.test\.js: not checked \(.+\)/);
    if (works) expect(ended.stderr).toContain(why);
    expect(ended.stderr).toContain("verify: syntax of sum.js: passed");
    expect(existsSync(join(ended.where.work, "ran"))).toBe(false);
  });

  test("commands that the user's settings name run instead, and say what is not known", async () => {
    const settings = { verify: { commands: ["echo mine; exit 3", "true"] } };
    const ended = await runs([...script, "no"], { files, settings, args: ["--no-sandbox"] });
    expect(ended.told[3]).toMatch(
      /\$ echo mine; exit 3\n\[exit code 3\] \(may have failed before: without a sandbox.*\)\nmine$/,
    );
    expect(ended.stderr).toContain("verify: true: passed");
    expect(existsSync(join(ended.where.work, "ran"))).toBe(false);
  });

  boxed(
    "a command of the settings that failed before is not blamed, and one that does not end is not a failure",
    async () => {
      const settings = { verify: { commands: ["exit 3", "sleep 30"], timeout: 1 } };
      const ended = await runs(script, { files, settings });
      expect(ended.requests).toHaveLength(3);
      expect(ended.stderr).toContain("verify: exit 3: failed (failed before this run too)");
      expect(ended.stderr).toContain("verify: sleep 30: not checked (it did not end within 1 s)");
    },
  );

  test("a project may neither switch it on nor, untrusted, name commands", async () => {
    const project = JSON.stringify({ verify: { enabled: true, commands: ["touch ran"] } });
    const given = { files: { ...files, ".nanocoder/settings.json": project } };
    const untrusted = await runs(script, given);
    expect(untrusted.stderr).toContain('verify {"enabled":true,"commands":["touch ran"]}');
    expect(existsSync(join(untrusted.where.work, "ran")) && !works).toBe(false);
    const off = await runs(script, { ...given, args: ["--trust"], settings: { verify: { enabled: false } } });
    expect(off.stderr).toContain("a project may not set verify.enabled");
    expect(off.json).not.toHaveProperty("verification");
  });
});

describe("when it is not wanted, or nothing was changed", () => {
  const broken = [write("a.json", "{"), "done"];

  test("--no-verify and the settings switch it off, --verify on again", async () => {
    const off = await runs(broken, { args: ["--no-verify"] });
    expect(off.requests).toHaveLength(2);
    expect(off.json).not.toHaveProperty("verification");
    const settings = { verify: { enabled: false } };
    expect((await runs(broken, { settings })).requests).toHaveLength(2);
    expect((await runs([...broken, "no"], { settings, args: ["--verify"] })).requests).toHaveLength(3);
    expect((await runs(broken, { settings: { verify: { syntax: false } } })).requests).toHaveLength(2);
  });

  test("a run that changed nothing, or put all back, is not checked", async () => {
    const looked = await runs([look("a.json"), bash("cat a.json"), "{"], { files: { "a.json": "{" } });
    expect(looked.stderr).not.toContain("verify");
    const back = await runs([bash("echo '{' > b.json"), bash("rm b.json"), "done"], { args: ["--yolo"] });
    expect(back.stderr).not.toContain("verify");
  });

  test("an answer that was cut off is not judged before it is whole", async () => {
    const cut = { text: "it is ", stop: "length" };
    const ended = await runs([write("a.json", "{"), cut, cut, " done", write("a.json", "[]"), "mended"]);
    expect(ended.told.map((text) => text.includes("this fails now"))).toEqual([false, false, false, false, true, true]);
  });
});

boxed("an abort ends a check at once, and all that it started", async () => {
  const where = place();
  put(where.home, { ".nanocoder/settings.json": '{"verify": {"commands": ["sleep 987.125"]}}' });
  await using server = await modelServer([write("a.json", "[]"), "done"]);
  const child = start(["-p", "x"], { place: where, env: openaiAt(server.url) });
  while (processesWith(`sleep\u0000${987.125}`).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGINT");
  expect(await child.ended).toMatchObject({ code: 130 });
  expect(processesWith(`sleep\u0000${987.125}`)).toEqual([]);
  expect(sessionsIn(where)[0]?.at(-1)).toMatchObject({ type: "ended", outcome: "aborted" });
});
