import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event, Fact } from "../../src/core/event.js";
import { text } from "../../src/core/message.js";
import { commandIn, evidenceOf } from "../../src/plugins/plan-evidence.js";
import { type Status, type Step, stepsOf } from "../../src/plugins/plan-format.js";
import { markdownOf, stepsInMarkdown } from "../../src/plugins/plan-markdown.js";
import { instructionsIn } from "../../src/plugins/plan-prompts.js";
import { saidIn } from "../../src/plugins/plan-said.js";
import { begun, current, type Plan, planOf, replanned, withStep } from "../../src/plugins/plan-state.js";

const NO_USAGE = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

/** What was called, and how it ended: `none` has no result. */
type Did = { command?: string; ended: "passed" | "failed" | "none" | "wrote" };

function eventsOf(done: readonly Did[]): Event[] {
  const facts = done.flatMap(({ command, ended }, n): Fact[] => {
    const id = `call-${n}`;
    const input = command === undefined ? { path: "a" } : { command };
    const parts = [{ type: "call" as const, id, name: "any", input }];
    const reply: Fact = { type: "reply", parts, stop: "calls", model: "m", usage: NO_USAGE };
    const details = ended === "wrote" ? { details: { path: "a", diff: "+a" } } : {};
    const result: Fact = { type: "result", callId: id, parts: [text("said")], failed: ended === "failed", ...details };
    return ended === "none" ? [reply] : [reply, result];
  });
  return facts.map((fact, seq) => ({ ...fact, seq, at: 0 }));
}

const T = "npm test";
const weighed = (verify: string | undefined, ...done: Did[]) =>
  evidenceOf({ title: "t", ...(verify !== undefined && { verify }) }, eventsOf(done)).type;

describe("the evidence for a step", () => {
  it.each<[string, string | undefined, Did[], string]>([
    ["nothing to prove, nothing done", undefined, [], "fine"],
    ["its verification passed", T, [{ command: T, ended: "passed" }], "fine"],
    ["it passed in a folder, with its errors", T, [{ command: "cd sub && npm test 2>&1", ended: "passed" }], "fine"],
    [
      "it failed first and passed then",
      T,
      [
        { command: T, ended: "failed" },
        { command: T, ended: "passed" },
      ],
      "fine",
    ],
    [
      "it passed first and failed then",
      T,
      [
        { command: T, ended: "passed" },
        { command: T, ended: "failed" },
      ],
      "refuted",
    ],
    [
      "it failed and something else passed",
      T,
      [
        { command: T, ended: "failed" },
        { command: "true", ended: "passed" },
      ],
      "refuted",
    ],
    ["it was cut off by a crash", T, [{ command: T, ended: "none" }], "refuted"],
    ["it was not run", T, [{ command: "ls", ended: "passed" }], "unproved"],
    ["its exit code was hidden", T, [{ command: "npm test || true", ended: "passed" }], "unproved"],
    ["it went through a pipe", T, [{ command: "npm test 2>&1 | tail", ended: "passed" }], "unproved"],
    ["it stands in a comment", T, [{ command: "true # && npm test", ended: "passed" }], "unproved"],
    ["it was never come to", T, [{ command: "exit 0; npm test", ended: "passed" }], "unproved"],
    ["it was only named", T, [{ command: "echo npm test", ended: "passed" }], "unproved"],
    ["something was written after it", T, [{ command: T, ended: "passed" }, { ended: "wrote" }], "unproved"],
    ["the last command failed", undefined, [{ ended: "wrote" }, { command: "make it", ended: "failed" }], "refuted"],
    ["all calls failed", undefined, [{ ended: "failed" }], "refuted"],
    ["words, and nothing was looked at", "it reads well", [], "unproved"],
    ["words, and something was", "it reads well", [{ ended: "passed" }], "fine"],
  ])("%s", (_, verify, done, type) => {
    expect(weighed(verify, ...done)).toBe(type);
  });

  it("tells commands from words", () => {
    const commands = [
      "npm test",
      "`make x`",
      "Run `npm test` here",
      "$ foo --bar",
      "./run.sh",
      "! grep -q x y",
      "test -s a",
      "go test ./...",
      "make test",
      "FOO=1 pytest -q",
    ];
    expect(commands.map(commandIn)).toEqual([
      "npm test",
      "make x",
      "npm test",
      "foo --bar",
      "./run.sh",
      "! grep -q x y",
      "test -s a",
      "go test ./...",
      "make test",
      "FOO=1 pytest -q",
    ]);
    for (const words of ["make sure it works", "test that it works", "go through the list", "run the tests", "看一下"])
      expect(commandIn(words)).toBeUndefined();
  });
});

describe("what a worker says of its step", () => {
  it.each([
    ["fine\nSTEP DONE", { type: "done" }],
    ["**STEP DONE**\n", { type: "done" }],
    ["STEP FAILED：没有文件", { type: "failed", why: "没有文件" }],
    ["STEP FAILED", { type: "failed", why: "no reason was given" }],
    ["STEP DONE\nno, wait\nSTEP FAILED: it broke", { type: "failed", why: "it broke" }],
    ["I will say STEP DONE when it is", undefined],
    ["STEP DONE-ish", undefined],
    ["", undefined],
  ])("%j", (answer, said) => {
    expect(saidIn(answer)).toEqual(said);
  });
});

const words = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc
    .array(
      fc.constantFrom("verify: x", "\\verify:", "# head", "1. one", "- two", "[x] 3. y", "", " ", "\t", "中文", "\n"),
      { maxLength: 6 },
    )
    .map((all) => all.join("\n")),
);
const step = fc.record({
  title: words,
  details: words,
  verify: fc.oneof(fc.constant(""), fc.constant("npm test"), words),
});

describe("a plan", () => {
  it("that was read is read back from its Markdown as it was", () => {
    let read = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (given) => {
        const plan = stepsOf(given.map((each) => ({ ...each })));
        if (!("steps" in plan)) return;
        read += 1;
        expect(stepsInMarkdown(markdownOf(plan.steps))).toEqual(plan);
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it("keeps what was done and comes to an end, however its steps go", () => {
    const titles = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 6 });
    const fate = fc.oneof(fc.constant("done" as const), titles);
    fc.assert(
      fc.property(titles, fc.array(fate, { maxLength: 12 }), (first, fates) => {
        const steps = (all: readonly string[]): Step[] => all.map((title) => ({ title }));
        const pending = steps(first).map((each) => ({ ...each, status: "pending" as Status }));
        let plan: Plan = begun({ phase: "proposed", request: "r", steps: pending, replans: 0 });
        for (const each of fates) {
          if (plan.phase === "done") break;
          const at = current(plan);
          const before = plan.steps.flatMap(({ status, title }, n) => (status === "done" ? [`${n} ${title}`] : []));
          plan = begun(each === "done" ? withStep(plan, at, { status: "done" }) : replanned(plan, steps(each)));
          const now = plan.steps.flatMap(({ status, title }, n) => (status === "done" ? [`${n} ${title}`] : []));
          expect(now.slice(0, before.length)).toEqual(before);
          expect(plan.steps.filter(({ status }) => status === "in_progress")).toHaveLength(
            plan.phase === "done" ? 0 : 1,
          );
          expect(planOf(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
        }
      }),
    );
  });

  it("is none where a log holds something else", () => {
    for (const bad of [
      null,
      1,
      [],
      { steps: [] },
      { phase: "x", request: "", steps: [] },
      { phase: "done", request: "", steps: [{ title: 1 }] },
    ])
      expect(planOf(bad)).toBeUndefined();
  });
});

describe("the planner's instructions", () => {
  it("are the frames of the system prompt, and nothing else of it", () => {
    const frame = (by: string, inside: string) =>
      `<instructions by="${by}" from="AGENTS.md">\n${inside}\n</instructions>`;
    const system = `You are.\n\n${frame("user", "one")}\n\nBetween.\n\n${frame("project", "two\n\nthree")}\n\nEnvironment`;
    expect(instructionsIn(system)).toBe(
      `What the user and the project want of whoever works here:\n\n${frame("user", "one")}\n\n${frame("project", "two\n\nthree")}`,
    );
    expect(instructionsIn("none")).toBe("");
  });
});
