import { describe, expect, it } from "vitest";
import { memoryLog } from "../../src/core/log.js";
import { text } from "../../src/core/message.js";
import type { Session } from "../../src/core/session.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import { newScope } from "../../src/platform/exec.js";
import { verify } from "../../src/plugins/verify.js";
import { blamed, failuresIn } from "../../src/plugins/verify-baseline.js";
import { lintOf, type Project, testsNear } from "../../src/plugins/verify-nearest.js";
import type { VerifyOptions } from "../../src/plugins/verify-options.js";

function project(files: { [path: string]: string }, made: string[] = []): Project {
  return {
    files: Object.keys(files).filter((path) => !path.includes("node_modules")),
    read: (path) => files[path],
    has: (path) => Object.keys(files).some((file) => file === path || file.startsWith(`${path}/`)),
    isNew: (path) => made.includes(path),
  };
}

const NODE = 'import test from "node:test";';
const near = (changed: string[], files: { [path: string]: string }, made?: string[]) =>
  testsNear(changed, project(files, made)).map((each) =>
    "command" in each ? each.command : `${each.check}: ${each.why}`,
  );

describe("the tests nearest to a change", () => {
  it("are found by name, the nearest first, and run together", () => {
    const files = {
      "src/a.js": "",
      "src/a.test.js": NODE,
      "test/a.spec.mjs": NODE,
      "src/b.js": "",
      "src/b-test.js": NODE,
      "c.py": "",
    };
    expect(near(["src/a.js", "src/b.js"], files)).toEqual(["node --test src/a.test.js test/a.spec.mjs src/b-test.js"]);
    expect(near(["src/a.test.js"], files)).toEqual(["node --test src/a.test.js"]);
    expect(near(["c.py", "README.md"], files)).toEqual([]);
  });

  it("keep what the run made apart from what was there", () => {
    const files = { "a.test.js": NODE, "b.test.js": NODE };
    expect(testsNear(["a.test.js", "b.test.js"], project(files, ["b.test.js"]))).toMatchObject([
      { command: "node --test a.test.js", fresh: false },
      { command: "node --test b.test.js", fresh: true },
    ]);
  });

  it.each([
    [
      { "package.json": '{"devDependencies":{"vitest":"4"}}', "node_modules/.bin/vitest": "", "x/a.test.ts": "" },
      "./node_modules/.bin/vitest run x/a.test.ts",
    ],
    [
      { "package.json": '{"scripts":{"test":"jest"}}', "node_modules/.bin/jest": "", "__tests__/a.ts": "" },
      "./node_modules/.bin/jest --ci --runTestsByPath __tests__/a.ts",
    ],
    [
      { "p/package.json": '{"devDependencies":{"mocha":"1"}}', "node_modules/.bin/mocha": "", "p/a.test.js": "" },
      "cd p && ../node_modules/.bin/mocha a.test.js",
    ],
    [
      { "package.json": '{"devDependencies":{"vitest":"4"}}', "a.test.ts": "" },
      "tests in a.test.ts: vitest is not installed",
    ],
    [{ "a.test.ts": NODE }, "tests in a.test.ts: node alone cannot run it"],
    [{ "package.json": "{", "a.test.ts": "" }, "tests in a.test.ts: its runner is not known"],
  ])("%j", (files, wanted) => {
    expect(near(["a.ts"], files as { [path: string]: string })).toEqual([wanted]);
  });

  it("are those of the package in Go and Rust, and of Python by the runner that fits", () => {
    expect(near(["in/x.go", "in/y.go"], { "in/x.go": "" })).toEqual(["go test ./in"]);
    const cargo = "cargo test --quiet --offline --manifest-path k/Cargo.toml";
    expect(near(["k/src/a.rs"], { "k/Cargo.toml": "", "k/src/a.rs": "" })).toEqual([cargo]);
    const pytest = "-m pytest -q --tb=short -p no:cacheprovider t/test_a.py";
    expect(near(["a.py"], { "t/test_a.py": "def test(): pass" })).toEqual([`python3 ${pytest}`]);
    expect(near(["a.py"], { "t/test_a.py": "", ".venv/bin/python": "" })).toEqual([`./.venv/bin/python ${pytest}`]);
  });

  it("have names that no shell takes apart", () => {
    expect(near(["it's; rm.js"], { "it's; rm.test.js": NODE })).toEqual(["node --test 'it'\\''s; rm.test.js'"]);
  });
});

it("a linter sees the changed files; one that is not installed is named", () => {
  const commands = (files: { [path: string]: string }) =>
    lintOf(["a.ts", "b.py"], project(files)).map(({ check }) => check);
  expect(commands({ "biome.json": "", "node_modules/.bin/biome": "", "ruff.toml": "" })).toEqual([
    "./node_modules/.bin/biome lint --no-errors-on-unmatched a.ts",
    "ruff check --no-fix --no-cache --output-format concise b.py",
  ]);
  expect(lintOf(["a.ts"], project({ ".eslintrc": "" }))).toEqual([{ check: "eslint", why: "eslint is not installed" }]);
  expect(commands({ "package.json": '{"scripts":{"lint":"standard"}}' })).toEqual(["npm run lint"]);
  expect(commands({ "package.json": '{"scripts":{"lint":"standard --fix"}}' })).toEqual([]);
});

describe("what failed", () => {
  it.each([
    ["ok 1 - a\n    not ok 2 - b c # time=1\n", ["b c"]],
    ["✖ adds (0.5ms)\n✔ other (1ms)\n", ["adds"]],
    ["FAILED t/test_a.py::T::test_x - assert 1\n1 failed", ["t/test_a.py::T::test_x"]],
    ["FAIL: test_a (m.T.test_a)\n", ["test_a (m.T.test_a)"]],
    ["test m::a ... FAILED\ntest b ... ok\n", ["m::a"]],
    ["--- FAIL: TestA (0.00s)\n", ["TestA"]],
    [" × adds 3ms\n", ["adds"]],
    ["something else failed\n", []],
  ])("%j", (output, names) => {
    expect([...failuresIn(output)]).toEqual(names);
  });

  it("is blamed on the run where it is new, and where nobody can tell the user reads so", () => {
    const now = { command: "x", code: 1, output: "not ok 1 - a", tail: "" };
    expect(blamed("x", now, { type: "failed", names: new Set(["a"]) })).toMatchObject({ before: "failed" });
    expect(blamed("x", now, { type: "failed", names: new Set(["b"]) })).toMatchObject({
      before: "passed",
      why: "new: a",
    });
    // its words are not known: the exit code is all there is
    expect(blamed("x", now, { type: "failed", names: new Set() })).toMatchObject({ before: "failed" });
    expect(blamed("x", now, { type: "unknown", why: "w" })).toMatchObject({
      before: "unknown",
      why: "may have failed before: w",
    });
  });
});

it("a run that wrote nothing loads and asks nothing", async () => {
  const log = memoryLog();
  log.append({ type: "session", version: 1, id: "s", cwd: "/w", system: "" });
  log.append({ type: "prompt", parts: [text("x")], from: "user" });
  log.append({ type: "result", callId: "c", parts: [], failed: false, details: { code: 0, ended: "exited" } });
  let asked = 0;
  const options: VerifyOptions = {
    ...{ syntax: true, lint: true, tests: true, commands: [], timeout: 1, hidden: [] },
    ...{ home: "/nowhere", root: "/w", env: {}, outputs: "/nowhere", sandbox: undefined, scope: newScope() },
    redact: (words) => words,
    judge: async () => ({ verdict: "deny", why: "" }),
    isPlan: () => {
      asked += 1;
      return true;
    },
  };
  const session: Session = {
    ...{ events: log.events, model: scriptedModel([]), cwd: "/w", emit: () => undefined },
    signal: new AbortController().signal,
  };
  const plugin = verify(options);
  expect(await plugin.beforeStop?.(session)).toBeUndefined();
  expect(asked).toBe(0);
  log.append({ type: "result", callId: "d", parts: [], failed: false, details: { path: "/w/a", diff: "" } });
  expect(await plugin.beforeStop?.(session)).toBeUndefined();
  expect(asked).toBe(1);
});
