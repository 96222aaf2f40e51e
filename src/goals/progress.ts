import type { CheckRun, Contract, Criterion, Round, Verdict } from "./types.js";
import { endingOf, oneLine } from "./words.js";

/**
 * How a goal ends: `limit` is one of turns, cost or time; rounds that are used up are `not met`.
 *
 * @example
 * const code = (outcome: GoalOutcome) => (outcome === "met" ? 0 : 5);
 */
export type GoalOutcome = "met" | "not met" | "limit" | "impossible" | "interrupted";

/**
 * An end.
 *
 * @prop outcome - Which.
 * @prop why - In a sentence.
 * @example
 * const told = ({ outcome, why }: GoalEnd) => `${outcome}: ${why}`;
 */
export type GoalEnd = { outcome: GoalOutcome; why: string };

/** What ends the work from outside of its rounds. */
export type Halt = { limit?: string; interrupted?: string };

/** What was found of each criterion before work began; absent where nothing was looked at. */
export type Baseline = readonly (Verdict | undefined)[];

/** Rounds in a row that found the same: the second is answered by asking for a different approach, the third ends it. */
const SAME = { differently: 2, stop: 3 };

/** Whether a verdict counts as met: of a check only by its exit code 0, of a judge only with a quote. */
export function holds({ check }: Criterion, verdict: Verdict | undefined): boolean {
  if (!verdict?.met) return false;
  if (check === undefined) return verdict.by === "judge" && (verdict.evidence ?? "").trim() !== "";
  return verdict.by === "check" && verdict.run?.ended === "exited" && verdict.run.code === 0;
}

/** What the run of a check says of its criterion. */
export function verdictOf(run: CheckRun): Verdict {
  return { met: run.ended === "exited" && run.code === 0, by: "check", reason: `the check ${endingOf(run)}`, run };
}

/** The verdicts that stand: those of the newest round that counts, else those from before the work. One a criterion. */
export function standing(
  { criteria }: Contract,
  rounds: readonly Round[],
  baseline: Baseline = [],
): (Verdict | undefined)[] {
  const newest = rounds.findLast(counts)?.verdicts ?? baseline;
  return criteria.map((_, at) => newest[at]);
}

/** The criteria, by index, that are not met as it stands. */
export function unmet(contract: Contract, rounds: readonly Round[], baseline: Baseline = []): number[] {
  const verdicts = standing(contract, rounds, baseline);
  return contract.criteria.flatMap((criterion, at) => (holds(criterion, verdicts[at]) ? [] : [at]));
}

/** The criteria that were met before work began and are not met now. */
export function regressions(contract: Contract, rounds: readonly Round[], baseline: Baseline): number[] {
  return unmet(contract, rounds, baseline).filter((at) => {
    const criterion = contract.criteria[at];
    return criterion !== undefined && holds(criterion, baseline[at]);
  });
}

/** The criteria that a judge looks at, all of them once every check passes: those without one. */
export function judgedAtLast({ criteria }: Contract): number[] {
  return criteria.flatMap(({ check }, at) => (check === undefined ? [at] : []));
}

/** Whether the next round should be asked for a different approach: the last two found the same on the same work. */
export function wantsDifferent(contract: Contract, rounds: readonly Round[]): boolean {
  return sameInARow(contract, rounds) >= SAME.differently;
}

/** How the work ends after these rounds; undefined when it goes on. What is proved counts, whatever else happened. */
export function outcomeOf(contract: Contract, rounds: readonly Round[], halt: Halt = {}): GoalEnd | undefined {
  const last = rounds.at(-1);
  if (last && counts(last)) {
    if (contract.criteria.length > 0 && unmet(contract, rounds).length === 0)
      return { outcome: "met", why: "every criterion is proved" };
    const end = impossibleBy(contract, last);
    if (end) return end;
  }
  if (halt.interrupted !== undefined) return { outcome: "interrupted", why: halt.interrupted };
  if (halt.limit !== undefined) return { outcome: "limit", why: halt.limit };
  if (sameInARow(contract, rounds) >= SAME.stop)
    return {
      outcome: "not met",
      why: "no progress: the same criteria stayed unmet on the same work, also after a different approach was asked for",
    };
  if (rounds.length < contract.limits.iterations) return undefined;
  return {
    outcome: "not met",
    why: `not met after ${rounds.length} ${rounds.length === 1 ? "iteration" : "iterations"}`,
  };
}

function counts({ voided = [] }: Round): boolean {
  return voided.length === 0;
}

function impossibleBy({ criteria }: Contract, { verdicts }: Round): GoalEnd | undefined {
  for (const [at, { check }] of criteria.entries()) {
    const verdict = verdicts[at];
    if (check === undefined && verdict?.by === "judge" && verdict.impossible && !verdict.met)
      return { outcome: "impossible", why: `criterion ${at + 1} cannot be met: ${oneLine(verdict.reason, 1000)}` };
  }
  return undefined;
}

// the newest rounds that are alike
function sameInARow(contract: Contract, rounds: readonly Round[]): number {
  const marks = rounds.map((round) => markOf(contract, round));
  const differs = marks.findLastIndex((mark) => mark !== marks.at(-1));
  return marks.length - differs - 1;
}

function markOf(contract: Contract, round: Round): string {
  const found = counts(round) ? unmet(contract, [round]) : ["voided", ...(round.voided ?? [])];
  return JSON.stringify([found, round.work]);
}
