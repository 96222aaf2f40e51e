import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Event } from "../../src/core/event.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { listSessions } from "../../src/store/session-list.js";
import {
  bash,
  committed,
  eventsIn,
  goalRun,
  idIn,
  isJudge,
  placeWith,
  reportIn,
  reportPath,
  roundsOf,
  verdicts,
} from "./goals.js";
import { openaiAt, type Place, place, start } from "./nanocoder.js";

const MAKE_A = ["make a", "--criterion", "a is there", "--check", "cat a.txt && grep -q a a.txt"];

describe("nanocoder goal", () => {
  it("sends a worker back whose word is not true, until the check passes", async () => {
    const script = [bash("echo b > a.txt"), "Done: all tests pass.", bash("echo a > a.txt"), "Fixed."];
    const { requests, where, ...ended } = await goalRun(script, MAKE_A);
    expect(ended).toMatchObject({
      code: 0,
      stdout: "[GOAL MET] make a (2 iterations)\n  [x] 1. a is there: the check exited with 0\n",
    });
    expect(requests[0]?.lastText).toContain("1. a is there\n   check: cat a.txt");
    expect(requests[2]?.lastText).toMatch(/^The goal is not met yet: 1 of 1 criteria is open\.[\s\S]*\n> b\n/);
    expect(requests[2]?.messages.length).toBeGreaterThan(requests[0]?.messages.length ?? 0);
    expect(roundsOf(where).map(({ verdicts: [verdict] }) => verdict?.met)).toEqual([false, true]);
    const markdown = readFileSync(`${reportPath(where)}.md`, "utf8");
    expect(markdown).toContain("cat a.txt && grep -q a a.txt");
    expect(ended.stderr).toContain(`The report is in ${reportPath(where)}.md`);
  });

  it("prints the report's JSON with the keys that programs rely on", async () => {
    const ended = await goalRun([bash("echo a > a.txt"), "Done."], [...MAKE_A, "--output-format", "json"]);
    const report = JSON.parse(ended.stdout);
    expect(report).toEqual(reportIn(ended.where));
    expect(Object.keys(report).slice(0, 10)).toEqual(
      "type schema_version met goal iterations criteria voided_rounds total_cost_usd session_id termination_reason".split(
        " ",
      ),
    );
    expect(Object.keys(report.criteria[0])).toEqual(
      "describe check met by reason exit_code duration_ms output_tail".split(" "),
    );
    expect(report).toMatchObject({
      type: "goal_report",
      schema_version: 1,
      met: true,
      goal: "make a",
      iterations: 1,
      criteria: [{ describe: "a is there", met: true, by: "check", exit_code: 0, output_tail: "a" }],
      voided_rounds: [],
      session_id: idIn(ended.where),
      termination_reason: "met",
    });
    expect(report.total_cost_usd).toBeGreaterThan(0);
  });

  it("ends with 5 and says why when it is never met", async () => {
    const script = [bash("echo 1 >> b"), "Done.", bash("echo 2 >> b"), "Done."];
    const ended = await goalRun(script, [...MAKE_A, "--max-iterations", "2"]);
    expect(ended.code).toBe(5);
    expect(ended.stdout).toMatch(
      /^\[GOAL NOT MET] make a \(2 iterations\)\n {2}\[ ] 1\. a is there: the check exited with 1.*\n {2}Ended: not met after 2 iterations\n$/,
    );
    expect(ended.stderr).not.toContain("Go on with");
  });

  it.each([
    ["turns", ["--max-turns", "2"]],
    ["cost", ["--max-cost", "0.0001"]],
    ["time", ["--timeout", "4s"]],
    ["going in circles", []],
  ])("ends with 3 at a limit of %s, and can go on", async (_, limit) => {
    const line = limit.length === 0 ? "date +%N >> b" : "sleep 0.3; date +%N | tee -a b";
    const busy = { ...bash(line), usage: { input: 1000, output: 100 } };
    const ended = await goalRun(() => busy, [...MAKE_A, ...limit]);
    expect(ended.code, ended.stderr).toBe(3);
    expect(ended.stdout).toMatch(/^\[GOAL NOT MET] make a \(\d iterations?\)\n {2}\[ ] 1\.[\s\S]* Ended: limit: /);
    expect(ended.stderr).toContain(`Go on with: nanocoder goal --resume ${idIn(ended.where)}`);
    expect(reportIn(ended.where)).toMatchObject({ met: false, termination_reason: "limit" });
    const script = [bash("echo a > a.txt"), "Done."];
    const more = ["--resume", "--max-turns", "9", "--max-cost", "9", "--timeout", "60"];
    const later = await goalRun(script, more, { where: ended.where });
    expect(later.code, later.stderr).toBe(0);
    expect(later.stdout).toMatch(/^\[GOAL MET] make a \(1 iteration\)/);
  });

  it("refuses a check that cannot be run, unless it is forced", async () => {
    const args = ["work", "--criterion", "c", "--check", "no-such-program-here --all"];
    const refused = await goalRun([], args);
    expect(refused).toMatchObject({ code: 2, stdout: "", requests: [] });
    expect(refused.stderr).toMatch(/A check of this goal cannot be run:\n {2}1\. no-such-program-here --all: .+/);
    const later = await goalRun([], ["--resume"], { where: refused.where });
    expect(later).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no goal of") });
    const forced = await goalRun(["I cannot."], [...args, "--force", "--max-iterations", "1"]);
    expect(forced.code).toBe(5);
    expect(reportIn(forced.where)).toMatchObject({ baseline: ["unable"], criteria: [{ met: false }] });
  });

  it("reads goal.yaml, and voids a round that changes it or a protected file", async () => {
    const yaml = 'goal: make it\ncriteria:\n  - describe: a\n    check: sh check.sh\nprotect: ["check.sh"]\n';
    const where = placeWith({ "goal.yaml": yaml, "check.sh": "test -s a.txt\n" });
    const script = [
      bash("sed -i 's/sh check.sh/true/' goal.yaml; echo true > check.sh"),
      "Done.",
      bash("echo a > a.txt"),
      "Done.",
    ];
    const ended = await goalRun(script, [], { where });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("[GOAL MET] make it (2 iterations)\n");
    expect(ended.stdout).toMatch(/Round 1 did not count, protected files were changed: .*check\.sh/);
    expect(reportIn(where).voided_rounds).toEqual([{ n: 1, paths: expect.arrayContaining(["check.sh", "goal.yaml"]) }]);
    expect(readFileSync(join(where.work, "goal.yaml"), "utf8")).toBe(yaml);
    expect(readFileSync(join(where.work, "check.sh"), "utf8")).toBe("test -s a.txt\n");
    expect(ended.requests[2]?.lastText).toContain("goal.yaml");
    expect(ended.requests[2]?.lastText).toContain("check.sh");
  });

  it("counts a check that passed before and fails at the end as unmet", async () => {
    const where = placeWith({ old: "x" });
    const args = [
      "swap",
      "--criterion",
      "old stays",
      "--check",
      "test -s old",
      "--criterion",
      "new",
      "--check",
      "test -s new",
    ];
    const script = [bash("mv old new"), "Done.", bash("cp new old"), "Done."];
    const ended = await goalRun(script, args, { where });
    expect(ended.requests[0]?.lastText).toContain("Already passing, and must keep passing: 1.");
    expect(ended.requests[2]?.lastText).toContain("Passed before the work began and must pass again: 1.");
    expect(ended).toMatchObject({ code: 0 });
    const broken = await goalRun([bash("mv old new"), "Done."], [...args, "--max-iterations", "1"], {
      where: placeWith({ old: "x" }),
    });
    expect(broken.code).toBe(5);
    expect(broken.stdout).toMatch(
      /\[ ] 1\. old stays: passed before the work began, and not now: .*\n {2}\[x] 2\. new/,
    );
  });

  it("--stable: a check that fails every third run is not met, until it is mended", async () => {
    const where = placeWith({ "step.txt": "3" });
    const count = join(where.home, "count");
    const check = `echo x >> ${count}; test $(($(wc -l < ${count}) % $(cat step.txt))) != 0`;
    const args = ["steady", "--criterion", "steady", "--check", check, "--stable", "3"];
    const ended = await goalRun(["Nothing to do.", bash("echo 1000 > step.txt"), "Done."], args, { where });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("[GOAL MET] steady (2 iterations)");
    expect(ended.requests[0]?.lastText).toContain("must pass 3 times in a row");
  });

  it("--clean: what only stands in the work tree proves nothing", async () => {
    const where = placeWith({ ".gitignore": "built\n", "a.txt": "a\n" });
    committed(where.work);
    const args = ["build", "--criterion", "built", "--check", "grep -q good built || grep -q good a.txt", "--clean"];
    const script = [bash("echo good > built"), "Done.", bash("echo good > a.txt"), "Done."];
    const ended = await goalRun(script, args, { where });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("[GOAL MET] build (2 iterations)");
    expect(roundsOf(where)[0]?.verdicts[0]).toMatchObject({ met: false, run: { why: /in a fresh copy/ } });
    expect(ended.requests[2]?.lastText).toContain("in a fresh copy");
  });

  it("met before the work began: one round, in which the worker has nothing to do", async () => {
    const ended = await goalRun(["Nothing to do."], MAKE_A, { where: placeWith({ "a.txt": "a\n" }) });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("[GOAL MET] make a (1 iteration)");
    expect(reportIn(ended.where).baseline).toEqual(["passing"]);
  });

  it("asks once for a different approach where nothing moves, then ends", async () => {
    const ended = await goalRun(() => "It is done.", MAKE_A);
    expect(ended.code).toBe(5);
    expect(ended.stdout).toContain("Ended: not met: no progress: ");
    expect(reportIn(ended.where).iterations).toBe(3);
    const asked = ended.requests.filter(({ lastText }) => lastText.includes("take a different approach"));
    expect(asked).toHaveLength(1);
    expect(ended.requests).toHaveLength(3);
  });
});

describe("a goal's judge", () => {
  const args = ["write", "--criterion", "the greeting is friendly"];
  const GREET = bash("echo 'hello my dear friend' > greeting; cat greeting");

  async function judged(answers: readonly string[], more: readonly string[] = [], last = "Done.") {
    const where = placeWith({ x: "x" });
    committed(where.work);
    const left = [...answers];
    const script = (request: Parameters<typeof isJudge>[0]) => {
      if (isJudge(request)) return left.shift() ?? verdicts({ met: false, reason: "no" });
      return request.n === 0 ? GREET : last;
    };
    return goalRun(script, [...args, ...more], { where });
  }
  const ONE = ["--max-iterations", "1"];

  it("meets with a quote that occurs, and is given all as data", async () => {
    const ended = await judged([verdicts({ met: true, evidence: "hello my dear friend" })]);
    expect(ended.code, ended.stdout).toBe(0);
    expect(reportIn(ended.where).criteria).toMatchObject([{ met: true, by: "judge", check: null, exit_code: null }]);
    const seen = ended.requests.find(isJudge);
    expect(seen?.tools).toEqual([]);
    expect(seen?.lastText).toContain("> +hello my dear friend");
  });

  it.each([
    ["no quote", { met: true }],
    ["a quote that occurs nowhere", { met: true, evidence: "a hearty welcome to you" }],
    ["the worker's own words", { met: true, evidence: "I confirm that criterion one is met" }],
  ])("does not meet with %s", async (_, verdict) => {
    const ended = await judged([verdicts(verdict)], ONE, "I confirm that criterion one is met.");
    expect(ended.code).toBe(5);
    expect(reportIn(ended.where).criteria[0]?.reason).toMatch(/^no evidence that occurs/);
  });

  it("asks an invalid judge once more, then counts it as not met", async () => {
    const ended = await judged(["It is met!", '{"verdicts":[]}'], ONE);
    expect(ended.code).toBe(5);
    expect(ended.requests.filter(isJudge)).toHaveLength(2);
    expect(reportIn(ended.where).criteria[0]?.reason).toMatch(/^The judge gave no valid answer/);
    const mended = await judged(["It is met!", verdicts({ met: true, evidence: "hello my dear friend" })]);
    expect(mended.code).toBe(0);
  });

  it("ends at once what is impossible, with the reason", async () => {
    const ended = await judged([verdicts({ met: false, impossible: true, reason: "nobody can do that" })]);
    expect(ended.code).toBe(5);
    expect(ended.stdout).toContain("Ended: impossible: criterion 1 cannot be met: nobody can do that");
    expect(reportIn(ended.where)).toMatchObject({ iterations: 1, termination_reason: "impossible" });
  });

  it("is not asked while a check fails, and never beats one", async () => {
    const more = ["--criterion", "c", "--check", "test -e nothing", "--max-iterations", "1"];
    const ended = await judged([verdicts({ met: true, evidence: "hello my dear friend" })], more);
    expect(ended.code).toBe(5);
    expect(ended.requests.filter(isJudge)).toEqual([]);
  });
});

/** The rounds that are recorded; 0 is what was found before the work. */
function over(where: Place): number[] {
  const isBaseline = (event: Event) => event.type === "state" && event.key === "goal.baseline";
  return [...(eventsIn(where).some(isBaseline) ? [0] : []), ...roundsOf(where).map(({ n }) => n)];
}

describe("a goal that was interrupted", () => {
  // a goal whose check counts its runs, stopped when the worker is asked for the second round
  async function stopped(signal: "SIGINT" | "SIGKILL") {
    const where = place();
    const count = join(where.home, "count");
    const goal = ["make a", "--criterion", "a is there", "--check", `echo >> ${count}; grep -q a a.txt`];
    await using server = await modelServer([bash("echo b > a.txt"), "Done.", { silent: true }]);
    const run = start(["goal", ...goal, "--yolo"], { place: where, env: openaiAt(server.url) });
    await server.arrived(2);
    run.kill(signal);
    return { ...(await run.ended), where, runs: () => readFileSync(count, "utf8").length };
  }
  const MEND = [bash("echo a > a.txt"), "Done."];

  it("Ctrl-C: exit 130, and --resume goes on with the same session", async () => {
    const { where, runs, ...ended } = await stopped("SIGINT");
    expect(ended.code).toBe(130);
    expect(ended.stdout).toContain("Ended: interrupted: by Ctrl-C");
    const later = await goalRun(MEND, ["--resume"], { where });
    expect(later.code, later.stderr).toBe(0);
    expect(later.stdout).toContain("[GOAL MET] make a (2 iterations)");
    expect(roundsOf(where).map(({ n }) => n)).toEqual([1, 2]);
    expect(runs()).toBe(3);
    const none = await goalRun([], ["--resume"], { where });
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("there is no goal of");
  });

  it("kill -9: neither what was found before the work nor a finished round is looked at again", async () => {
    const { where, runs } = await stopped("SIGKILL");
    expect((await goalRun(MEND, ["--resume"], { where })).code).toBe(0);
    expect(runs()).toBe(3);
  });

  it("kill -9 between a round's fact and its prompt: the worker is asked to go on all the same", async () => {
    const { where, runs } = await stopped("SIGKILL");
    const path = listSessions(join(where.home, ".nanocoder"), { limit: 1 }).sessions[0]?.path ?? "";
    const lines = readFileSync(path, "utf8").split("\n");
    const round = lines.findIndex((line) => line.includes('"key":"goal.round"'));
    writeFileSync(path, `${lines.slice(0, round + 1).join("\n")}\n`);
    const later = await goalRun(MEND, ["--resume"], { where });
    expect(later.code, later.stderr).toBe(0);
    expect(later.requests[0]?.lastText).toContain("The goal is not met yet");
    expect(roundsOf(where).map(({ n }) => n)).toEqual([1, 2]);
    expect(runs()).toBe(3);
  });

  it.each([
    ["--criterion or --check", ["--check", "true"]],
    ["--protect", ["--protect", "a"]],
    ["--max-iterations", ["--max-iterations", "3"]],
    ["--clean", ["--clean"]],
  ])("what was agreed stays: --resume refuses %s", async (flag, more) => {
    const refused = await goalRun([], ["--resume", ...more]);
    expect(refused).toMatchObject({ code: 2, requests: [] });
    expect(refused.stderr).toContain(`goal --resume: ${flag} does not go with it`);
  });

  // the worker makes one file a round, and each look at them leaves a line
  it("five random kills -9: the same end, and no finished round is looked at again", async () => {
    const where = place();
    const looked = join(where.home, "looked");
    const check = `ls r* 2>/dev/null | wc -l >> ${looked}; test -e r5`;
    const goal = ["five", "--criterion", "five", "--check", check];
    await using server = await modelServer(({ messages }) => {
      const prompts = messages.filter(({ text }) => /^(Goal: |The goal is not)/.test(text));
      const path = `r${prompts.length}`;
      return { ...(existsSync(join(where.work, path)) ? { text: "Done." } : bash(`echo > ${path}`)), delay: 40 };
    });
    const looks = () => (existsSync(looked) ? readFileSync(looked, "utf8").split("\n").map(Number) : []);
    const looksAt = (n: number) => looks().filter((each) => each === n).length;
    const by = () => sleep(Math.random() * 120);
    let settled = new Map<number, number>();
    for (let kills = 0; ; kills += 1) {
      const args = ["goal", ...(holds(where, "goal") ? ["--resume"] : goal), "--yolo"];
      const run = start(args, { place: where, env: openaiAt(server.url) });
      // within a call, a check or an answer, however slow the machine is
      if (kills < 5) await Promise.race([run.ended, server.arrived(server.requests.length + (kills % 3)).then(by)]);
      else await run.ended;
      run.kill("SIGKILL");
      const { code, stdout, stderr } = await run.ended;
      for (const [n, count] of settled) expect(looksAt(n), `looks at round ${n}`).toBe(count);
      settled = new Map(over(where).map((n) => [n, looksAt(n)]));
      if (code === null && !holds(where, "goal.outcome")) continue;
      expect(kills).toBeGreaterThan(0);
      // one that was killed between its end and its exit has nothing to resume
      expect([0, null], stderr).toContain(code);
      expect(stdout).toMatch(/^$|^\[GOAL MET] five \(5 iterations\)/);
      break;
    }
    expect(roundsOf(where).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
    expect(server.refusals).toEqual([]);
  });
});

/** Whether the newest session, if there is one, says something of a key. */
function holds(where: Place, key: string): boolean {
  return eventsIn(where).some((event) => event.type === "state" && event.key === key);
}
