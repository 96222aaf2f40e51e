import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runGoal } from "../../src/app/run-goal.js";
import { scriptedModel } from "../../src/models/scripted/model.js";

function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "run-goal-")));
  writeFileSync(join(path, "answer.txt"), "41\n");
  return path;
}

const write = (content: string) => ({ calls: [{ name: "write_file", input: { path: "answer.txt", content } }] });
const read = { calls: [{ name: "read_file", input: { path: "answer.txt" } }] };

describe("runGoal", () => {
  it("goes on until the checks pass, and reports in the seed's words", async () => {
    const cwd = folder();
    const model = scriptedModel([read, "It is right.", write("43\n"), "Now it is.", write("42\n"), "Done."]);
    const seen: string[] = [];
    const report = await runGoal({
      model,
      cwd,
      goal: "the answer is right",
      criteria: ["the file says 42"],
      checkCmds: ["grep -qx 42 answer.txt"],
      see: (item) => seen.push(item.type),
    });
    expect([report.met, report.iterations]).toEqual([true, 3]);
    expect(report.summary()).toBe(
      "[GOAL MET] the answer is right (3 iterations)\n  [x] 1. the file says 42: the check exited with 0",
    );
    expect(report.json()).toMatchObject({ type: "goal_report", met: true, iterations: 3 });
    expect(report.markdown()).toContain("grep -qx 42 answer.txt");
    expect(readFileSync(join(cwd, "answer.txt"), "utf8")).toBe("42\n");
    expect(seen.filter((type) => type === "prompt")).toHaveLength(3);
  });

  it("asks the judge for what has no check, and takes no word without a quote", async () => {
    const cwd = folder();
    const said = (evidence: string) =>
      JSON.stringify({ verdicts: [{ n: 1, met: true, reason: "it looks so", evidence }] });
    const judge = scriptedModel([said("as everybody knows"), said("forty-two is the answer")]);
    const model = scriptedModel(["Done.", read, write("forty-two is the answer\n"), read, "Done."]);
    const report = await runGoal({ model, judge, cwd, goal: "explain the answer", criteria: ["the file explains it"] });
    expect([report.met, report.iterations, judge.requests.length]).toEqual([true, 2, 2]);
  });

  it("ends not met at the limit, and says why", async () => {
    const model = scriptedModel(() => "Done.");
    const report = await runGoal({
      model,
      cwd: folder(),
      goal: "x",
      criteria: [{ describe: "never", check: "false" }],
      limits: { iterations: 2 },
    });
    expect([report.met, report.end]).toEqual([false, { outcome: "not met", why: "not met after 2 iterations" }]);
  });

  it.each([
    ["no criterion", { criteria: [] }, /no goal: criteria is empty/],
    ["more checks than criteria", { criteria: ["a"], checkCmds: ["true", "true"] }, /no goal: checkCmds has more/],
    ["an empty check", { criteria: ["a"], checkCmds: [""] }, /no goal: the check of criteria\[0\]/],
    ["a glob that leaves the workspace", { criteria: ["a"], protect: ["../x"] }, /no goal: protect\[0\]/],
    ["no iterations", { criteria: ["a"], limits: { iterations: 0 } }, /no goal: limits/],
  ])("refuses %s, by its name", async (_, wrong, why) => {
    await expect(runGoal({ model: scriptedModel([]), cwd: folder(), goal: "x", ...wrong })).rejects.toThrow(why);
  });

  it("refuses a check that cannot be run", async () => {
    const options = {
      model: scriptedModel([]),
      cwd: folder(),
      goal: "x",
      criteria: ["a"],
      checkCmds: ["no-such-program-here"],
    };
    await expect(runGoal(options)).rejects.toThrow(/cannot be run/);
  });
});
