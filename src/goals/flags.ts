import {
  costFault,
  countFault,
  GOAL_TIME,
  globFault,
  MOST,
  milliseconds,
  plainGlob,
  textFault,
  timeFault,
} from "./bounds.js";
import { noParts, type Parts } from "./parts.js";
import type { Criterion } from "./types.js";

/** What the command line says of a goal, as text. */
export type GoalFlags = {
  goal?: string;
  /** `--criterion` and `--check` in the order in which they were given. */
  criteria?: readonly ({ criterion: string } | { check: string })[];
  protect?: readonly string[];
  include?: readonly string[];
  maxIterations?: string;
  maxTurns?: string;
  maxCost?: string;
  /** Of the whole goal. */
  timeout?: string;
  stable?: string;
  clean?: boolean;
  judge?: string;
};

/**
 * A `--check` belongs to the `--criterion` before it; one that has none describes itself, so that two checks in a row
 * both count. A `--criterion` without a check is judged.
 */
export function partsOfFlags(flags: GoalFlags): Parts {
  const parts = noParts();
  const tell = (name: string, why: string | undefined) => {
    if (why !== undefined) parts.faults.push({ why: `${name} ${why}.` });
    return why === undefined;
  };
  if (flags.goal !== undefined && tell("The goal", emptyGoal(flags.goal))) parts.goal = flags.goal.trim();
  parts.criteria = paired(flags.criteria ?? [], tell);
  parts.protect = globs("--protect", flags.protect, tell);
  parts.include = globs("--include", flags.include, tell);
  const number = (name: string, text: string | undefined, fault: (value: number) => string | undefined) => {
    if (text === undefined) return undefined;
    const why = fault(/^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN);
    return tell(name, why && `${why}, not "${text}"`) ? Number(text) : undefined;
  };
  const limits = {
    iterations: number("--max-iterations", flags.maxIterations, (value) => countFault(value, MOST.iterations)),
    maxTurns: number("--max-turns", flags.maxTurns, (value) => countFault(value, MOST.count)),
    maxCost: number("--max-cost", flags.maxCost, costFault),
    timeout: time(flags.timeout, tell),
  };
  parts.limits = said(limits);
  const judge = flags.judge?.trim();
  if (judge !== undefined) tell("--judge", textFault(judge, MOST.judge));
  const stable = number("--stable", flags.stable, (value) => countFault(value, MOST.stable));
  return Object.assign(parts, said({ stable, clean: flags.clean, judge }));
}

type Tell = (name: string, why: string | undefined) => boolean;

function emptyGoal(goal: string): string | undefined {
  return goal.trim() === "" ? "is empty: say in one sentence what should be done" : textFault(goal.trim(), MOST.goal);
}

function paired(given: NonNullable<GoalFlags["criteria"]>, tell: Tell): Criterion[] {
  const criteria: Criterion[] = [];
  for (const each of given) {
    const last = criteria.at(-1);
    if ("criterion" in each) {
      const describe = each.criterion.trim();
      tell("--criterion", textFault(describe, MOST.describe));
      criteria.push({ describe });
    } else {
      const check = each.check.trim();
      tell("--check", textFault(check, MOST.check));
      if (last && last.check === undefined) last.check = check;
      else criteria.push({ describe: check, check });
    }
  }
  return criteria;
}

function globs(name: string, list: readonly string[] | undefined, tell: Tell): string[] {
  const good = (list ?? []).filter((glob) => tell(`${name} "${glob}"`, globFault(glob)));
  return good.map(plainGlob);
}

function time(text: string | undefined, tell: Tell): number | undefined {
  if (text === undefined) return undefined;
  const ms = milliseconds(text);
  const why = timeFault(ms, GOAL_TIME);
  return tell("--timeout", ms === undefined && why ? `${why}, not "${text}"` : why) ? ms : undefined;
}

/** What is there of an object's values. */
function said<T extends object>(object: T): { [key in keyof T]?: NonNullable<T[key]> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [key in keyof T]?: NonNullable<T[key]> };
}
