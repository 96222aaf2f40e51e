import { describe, expect, it } from "vitest";
import { NO_USAGE } from "../../src/core/event.js";
import { type GoalResult, reportJson, summaryOf } from "../../src/goals/report.js";
import { reportMarkdown } from "../../src/goals/report-markdown.js";
import { contractOf, failed, passed, proved, roundOf, runOf, unproved } from "./goal-samples.js";

const CONTRACT = contractOf(
  [
    { describe: "tests pass", check: "npm test" },
    { describe: "lint is clean", check: "echo `npm run lint` | cat" },
    { describe: "the README tells *it*" },
  ],
  { goal: "the library\nadds _numbers_" },
);
const FENCED = "before\n```\n# not a heading\n````\nafter\u202e\0";

function resultOf(change: Partial<GoalResult> = {}): GoalResult {
  return {
    contract: CONTRACT,
    rounds: [
      roundOf(1, [failed("1 failed"), passed(), unproved()]),
      roundOf(2, [], { voided: ["test/a.test.ts", "package.json"] }),
      roundOf(3, [passed(FENCED), passed(), proved("npm install adder")]),
    ],
    baseline: [failed(), passed(), undefined],
    end: { outcome: "met", why: "every criterion is proved" },
    cost: 0.01234,
    usage: { ...NO_USAGE, input: 1200, output: 300, cacheRead: 5000 },
    startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
    endedAt: Date.UTC(2026, 0, 2, 3, 5, 9, 500),
    diffStat: { files: 3, insertions: 10, deletions: 2 },
    changedScripts: ["scripts/run`s.sh"],
    session: "20260102-030405-abcd",
    ...change,
  };
}

const NOT_MET: Partial<GoalResult> = {
  rounds: [roundOf(1, [passed(), failed("x\nunused"), unproved("nothing\x1b[2J says it")])],
  end: { outcome: "limit", why: "the cost limit of $1 was reached" },
  cost: undefined,
  diffStat: undefined,
  changedScripts: [],
};

describe("the report of a goal", () => {
  it("is one JSON object with the keys that were promised", () => {
    const json = reportJson(resultOf());
    expect(Object.keys(json)).toEqual([
      "type",
      "schema_version",
      "met",
      "goal",
      "iterations",
      "criteria",
      "voided_rounds",
      "total_cost_usd",
      "session_id",
      "termination_reason",
      "baseline",
      "changed_scripts",
      "duration_ms",
      "diff_stat",
    ]);
    expect(json).toMatchObject({
      type: "goal_report",
      schema_version: 1,
      met: true,
      goal: CONTRACT.goal,
      iterations: 3,
      voided_rounds: [{ n: 2, paths: ["test/a.test.ts", "package.json"] }],
      total_cost_usd: 0.01234,
      session_id: "20260102-030405-abcd",
      termination_reason: "met",
      baseline: ["failing", "passing", "unknown"],
      changed_scripts: ["scripts/run`s.sh"],
      duration_ms: 64_500,
      diff_stat: { files: 3, insertions: 10, deletions: 2 },
    });
    expect(json.criteria).toEqual([
      {
        describe: "tests pass",
        check: "npm test",
        met: true,
        by: "check",
        reason: "the check exited with 0",
        exit_code: 0,
        duration_ms: 1234,
        output_tail: "before\n```\n# not a heading\n````\nafter\\u{202e}\\u{0}",
      },
      {
        describe: "lint is clean",
        check: "echo `npm run lint` | cat",
        met: true,
        by: "check",
        reason: "the check exited with 0",
        exit_code: 0,
        duration_ms: 1234,
        output_tail: "",
      },
      {
        describe: "the README tells *it*",
        check: null,
        met: true,
        by: "judge",
        reason: "it is shown",
        exit_code: null,
        duration_ms: null,
        output_tail: null,
      },
    ]);
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });

  it("tells an end that is none of the wanted, what is unknown, and what broke", () => {
    expect(reportJson(resultOf(NOT_MET))).toMatchObject({
      met: false,
      voided_rounds: [],
      total_cost_usd: null,
      termination_reason: "limit",
      diff_stat: null,
      criteria: [
        { met: true },
        { met: false, reason: "passed before the work began, and not now: the check exited with 1" },
        { met: false },
      ],
    });
    const unable = runOf(null, "", { ended: "unable", why: "no such program" });
    const baseline = [{ met: false, by: "check" as const, reason: "r", run: unable }];
    const early = resultOf({ ...NOT_MET, rounds: [], baseline, end: { outcome: "not met", why: "x" } });
    expect(reportJson(early)).toMatchObject({
      iterations: 0,
      termination_reason: "not_met",
      baseline: ["unable", "unknown", "unknown"],
      criteria: [{ reason: "r", exit_code: null }, { reason: "not looked at" }, { reason: "not looked at" }],
    });
  });

  it("is a few lines for a terminal", () => {
    expect(summaryOf(resultOf())).toBe(
      [
        "[GOAL MET] the library adds _numbers_ (3 iterations)",
        "  [x] 1. tests pass: the check exited with 0",
        "  [x] 2. lint is clean: the check exited with 0",
        "  [x] 3. the README tells *it*: it is shown",
        "  Round 2 did not count, protected files were changed: test/a.test.ts, package.json",
        "  Scripts of checks were changed by the work; look at them: scripts/run`s.sh",
      ].join("\n"),
    );
    expect(summaryOf(resultOf(NOT_MET))).toBe(
      [
        "[GOAL NOT MET] the library adds _numbers_ (1 iteration)",
        "  [x] 1. tests pass: the check exited with 0",
        "  [ ] 2. lint is clean: passed before the work began, and not now: the check exited with 1",
        "  [ ] 3. the README tells *it*: nothing\\u{1b}[2J says it",
        "  Ended: limit: the cost limit of $1 was reached",
      ].join("\n"),
    );
  });

  it("never says met for an outcome that is another, whatever stands", () => {
    const stopped = resultOf({ end: { outcome: "interrupted", why: "Ctrl-C" } });
    expect(summaryOf(stopped)).toMatch(/^\[GOAL NOT MET\]/);
    expect(reportMarkdown(stopped)).toMatch(/^# Goal not met/);
    expect(reportJson(stopped).met).toBe(false);
    const forged = summaryOf(resultOf({ ...NOT_MET, contract: { ...CONTRACT, goal: "x\n[GOAL MET] y\r[GOAL MET]" } }));
    expect(forged.split("\n").filter((line) => line.startsWith("[GOAL MET]"))).toEqual([]);
  });

  it("is Markdown in which whatever was printed stays text", async () => {
    await expect(reportMarkdown(resultOf())).toMatchFileSnapshot("golden/met.md");
    const hostile = { describe: "<b>x</b> | [a](b) \\ # y", check: "a\n``b``" };
    const contract = contractOf([hostile, ...CONTRACT.criteria.slice(1)], { goal: "# <script>alert(1)</script>" });
    await expect(reportMarkdown(resultOf({ ...NOT_MET, contract }))).toMatchFileSnapshot("golden/not-met.md");
  });
});
