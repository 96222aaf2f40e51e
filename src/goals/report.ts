import type { Usage } from "../core/event.js";
import type { Json } from "../core/message.js";
import { type Baseline, type GoalEnd, holds, regressions, standing } from "./progress.js";
import type { Contract, Criterion, Round, Verdict } from "./types.js";
import { isSentence, oneLine, outputEnd } from "./words.js";

export type DiffStat = { files: number; insertions: number; deletions: number };

/** All that is told of a goal once work on it is over. */
export type GoalResult = {
  contract: Contract;
  rounds: readonly Round[];
  baseline: Baseline;
  end: GoalEnd;
  /** In USD; absent when a part of it is unknown. */
  cost?: number | undefined;
  usage: Usage;
  /** Milliseconds since 1970. */
  startedAt: number;
  endedAt: number;
  diffStat?: DiffStat | undefined;
  /** Scripts that checks run and the worker changed, by path. */
  changedScripts: readonly string[];
  session: string;
};

/** A criterion and what stands of it. */
export type Standing = {
  criterion: Criterion;
  met: boolean;
  reason: string;
  before: "passing" | "failing" | "unable" | "unknown";
  verdict: Verdict | undefined;
};

/** Characters of an output's end, and of a text in one line. */
export const KEPT = { output: 2000, line: 300 };

/** What stands of each criterion, in their order. */
export function standings({ contract, rounds, baseline }: GoalResult): Standing[] {
  const verdicts = standing(contract, rounds, baseline);
  const broken = regressions(contract, rounds, baseline);
  return contract.criteria.map((criterion, at) => {
    const verdict = verdicts[at];
    const reason = oneLine(verdict?.reason ?? "not looked at", KEPT.line * 3);
    return {
      criterion,
      verdict,
      met: holds(criterion, verdict),
      reason: broken.includes(at) ? `passed before the work began, and not now: ${reason}` : reason,
      before: beforeOf(criterion, baseline[at]),
    };
  });
}

function beforeOf(criterion: Criterion, verdict: Verdict | undefined): Standing["before"] {
  if (!verdict) return "unknown";
  if (holds(criterion, verdict)) return "passing";
  return verdict.run?.ended === "unable" ? "unable" : "failing";
}

/** The rounds that did not count, and the protected files that were changed in them. */
export function voidedRounds(rounds: readonly Round[]): { n: number; paths: string[] }[] {
  return rounds.flatMap(({ n, voided = [] }) => (voided.length === 0 ? [] : [{ n, paths: [...voided] }]));
}

/** The report for programs: one JSON object. */
export function reportJson(result: GoalResult): { [key: string]: Json } {
  const { contract, rounds, end, cost, diffStat } = result;
  const all = standings(result);
  return {
    type: "goal_report",
    schema_version: 1,
    met: end.outcome === "met",
    goal: contract.goal,
    iterations: rounds.length,
    criteria: all.map(criterionJson),
    voided_rounds: voidedRounds(rounds),
    total_cost_usd: cost ?? null,
    session_id: result.session,
    termination_reason: end.outcome.replace(" ", "_"),
    baseline: all.map(({ before }) => before),
    changed_scripts: [...result.changedScripts],
    duration_ms: Math.max(0, result.endedAt - result.startedAt),
    diff_stat: diffStat ? { ...diffStat } : null,
  };
}

function criterionJson({ criterion, met, reason, verdict }: Standing): Json {
  const run = verdict?.run;
  return {
    describe: criterion.describe,
    check: criterion.check ?? null,
    met,
    by: criterion.check === undefined ? "judge" : "check",
    reason,
    exit_code: run?.code ?? null,
    duration_ms: run?.ms ?? null,
    output_tail: run ? outputEnd(run, KEPT.output) : null,
  };
}

/** The report in a few lines for a terminal. */
export function summaryOf(result: GoalResult): string {
  const { contract, rounds, end, changedScripts } = result;
  const head = end.outcome === "met" ? "[GOAL MET]" : "[GOAL NOT MET]";
  const lines = standings(result).map(({ criterion, met, reason }, at) => {
    return `  [${met ? "x" : " "}] ${at + 1}. ${oneLine(criterion.describe, KEPT.line)}: ${oneLine(reason, KEPT.line)}`;
  });
  const paths = changedScripts.map((path) => oneLine(path, KEPT.line)).join(", ");
  return [
    `${head} ${oneLine(contract.goal, KEPT.line)} (${iterations(rounds.length)})`,
    ...lines,
    ...(end.outcome === "met" ? [] : [`  Ended: ${endWords(end)}`]),
    ...voidedRounds(rounds).map(({ n, paths }) => `  Round ${n} did not count${voidedWhy(paths)}`),
    ...(paths === "" ? [] : [`  Scripts of checks were changed by the work; look at them: ${paths}`]),
  ].join("\n");
}

// "not met after 2 iterations" says its outcome itself
function endWords({ outcome, why }: GoalEnd): string {
  const line = oneLine(why, KEPT.line);
  return line.startsWith(outcome) ? line : `${outcome}: ${line}`;
}

function voidedWhy(whys: readonly string[]): string {
  const paths = whys.filter((why) => !isSentence(why));
  const files = paths.length === 0 ? [] : [`, protected files were changed: ${oneLine(paths.join(", "), KEPT.line)}`];
  return [...files, ...whys.filter(isSentence).map((why) => `: ${oneLine(why, KEPT.line)}`)].join("");
}

function iterations(count: number): string {
  return count === 1 ? "1 iteration" : `${count} iterations`;
}
