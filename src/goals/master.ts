import type { Event, EventOf, Fact } from "../core/event.js";
import { callsIn, type Json, text } from "../core/message.js";
import type { Plugin } from "../core/plugin.js";
import type { Session } from "../core/session.js";
import { type Baseline, type GoalEnd, judgedAtLast, verdictOf } from "./progress.js";
import type { CheckRun, Contract, Round, Verdict } from "./types.js";

/** The state keys of a goal: its contract, what passed before work began, each round that is over, and how it ended. */
export const GOAL = {
  contract: "goal",
  baseline: "goal.baseline",
  round: "goal.round",
  outcome: "goal.outcome",
} as const;

/** What happens after a round. */
export type Move = { type: "end"; end: GoalEnd } | { type: "go on"; prompt: string };

/** Those who look at the work: none of them takes the worker's word. */
export type Referees = {
  /** Ends what the worker left running, puts protected files back, and says which were changed. */
  guard(): Promise<readonly string[]>;
  /** Runs a criterion's check in the workspace. */
  check(criterion: number, signal: AbortSignal): Promise<CheckRun>;
  /** Runs checks in a fresh copy of the result; absent where none is wanted. */
  inCopy?: ((criteria: readonly number[], signal: AbortSignal) => Promise<readonly CheckRun[]>) | undefined;
  /** Judges criteria that have no check. */
  judge(
    criteria: readonly number[],
    seen: { session: Session; runs: readonly (CheckRun | undefined)[] },
  ): Promise<{ verdicts: readonly Verdict[]; facts: readonly Fact[] }>;
  /** A mark of the workspace's state. */
  mark(): Promise<string>;
  /** What to do with the rounds so far. */
  next(rounds: readonly Round[]): Move;
  /** The newest answer is not finished: it is no stop yet. */
  unfinished(events: readonly Event[]): boolean;
};

/**
 * Holds the door: a worker that stops is sent back until every criterion is proved, or a limit is met. Each round is
 * one fact, recorded when all of it was looked at, so that a resume repeats none that is over.
 */
export function master(contract: Contract, referees: Referees): Plugin {
  const evaluate = async (session: Session): Promise<Fact[] | undefined> => {
    const { events, signal } = session;
    if (endIn(events) !== undefined || referees.unfinished(events)) return undefined;
    const rounds = roundsIn(events);
    const { round, facts } = await judged(contract, referees, { session, n: rounds.length + 1 });
    if (signal.aborted) return undefined;
    const move = referees.next([...rounds, round]);
    const noted: Fact[] = [...facts, { type: "state", key: GOAL.round, value: JSON.parse(JSON.stringify(round)) }];
    return [...noted, ...factsOf(move)];
  };
  return {
    name: "goal",
    // a worker that had stopped when the process died is looked at before anything else, or told what was found
    beforeStep: (session) => {
      const { events } = session;
      const since = sinceStop(events);
      if (since === undefined || !since.some(isRound)) return since && evaluate(session);
      return endIn(events) === undefined ? factsOf(referees.next(roundsIn(events))) : undefined;
    },
    beforeStop: evaluate,
  };
}

/** The events of the newest goal: those since it was agreed on; all of them where none was. */
export function sinceAgreed(events: readonly Event[]): readonly Event[] {
  const at = events.findLastIndex((event) => event.type === "state" && event.key === GOAL.contract);
  return at > 0 ? events.slice(at) : events;
}

/** The newest value of a key that was said of the newest goal. */
export function saidOfGoal(events: readonly Event[], key: string): Json | undefined {
  const said = sinceAgreed(events).findLast((event) => event.type === "state" && event.key === key);
  return said?.type === "state" ? said.value : undefined;
}

/** The rounds of the newest goal that are over, in order. */
export function roundsIn(events: readonly Event[]): Round[] {
  const values = sinceAgreed(events).flatMap((event): unknown[] => (isRound(event) ? [event.value] : []));
  return values.filter(isRoundValue);
}

function isRoundValue(value: unknown): value is Round {
  return (
    typeof value === "object" && value !== null && "n" in value && "verdicts" in value && Array.isArray(value.verdicts)
  );
}

/** What was found before work began; nothing before that was looked at. */
export function baselineIn(events: readonly Event[]): Baseline {
  const value: unknown = saidOfGoal(events, GOAL.baseline);
  return isBaseline(value) ? value.map((each) => each ?? undefined) : [];
}

function isBaseline(value: unknown): value is (Verdict | null)[] {
  return Array.isArray(value) && value.every((each) => each === null || (typeof each === "object" && "met" in each));
}

/** How the newest goal ended; undefined while it is open. */
export function endIn(events: readonly Event[]): GoalEnd | undefined {
  return endOf(saidOfGoal(events, GOAL.outcome));
}

/** The end that a value of `GOAL.outcome` tells; undefined where it tells none. */
export function endOf(value: unknown): GoalEnd | undefined {
  return isEnd(value) ? value : undefined;
}

function isEnd(value: unknown): value is GoalEnd {
  return typeof value === "object" && value !== null && "outcome" in value && "why" in value;
}

function ending({ outcome, why }: GoalEnd): Fact {
  if (outcome === "met") return { type: "ended", outcome: "done" };
  return { type: "ended", outcome: "limit", reason: `goal ${outcome}: ${why}` };
}

function factsOf(move: Move): Fact[] {
  if (move.type === "go on") return [{ type: "prompt", parts: [text(move.prompt)], from: "goal" }];
  return [{ type: "state", key: GOAL.outcome, value: { ...move.end } }, ending(move.end)];
}

// what came after the worker stopped; undefined where it did not, or was sent on since
function sinceStop(events: readonly Event[]): readonly Event[] | undefined {
  const newest = events.findLastIndex((event) => event.type === "reply");
  const reply = events[newest];
  if (reply?.type !== "reply" || reply.stop === "cut" || callsIn(reply.parts).length > 0) return undefined;
  const since = events.slice(newest + 1);
  return since.some(({ type }) => type === "prompt" || type === "note" || type === "retried") ? undefined : since;
}

function isRound(event: Event): event is EventOf<"state"> {
  return event.type === "state" && event.key === GOAL.round;
}

type Look = { session: Session; n: number };

async function judged(
  contract: Contract,
  referees: Referees,
  { session, n }: Look,
): Promise<{ round: Round; facts: Fact[] }> {
  const say = (words: string) => session.emit({ type: "status", by: "goal", text: `round ${n}: ${words}` });
  const voided = await referees.guard();
  const work = await referees.mark();
  if (voided.length > 0) {
    say(`void, ${voided.join(", ")} was changed`);
    return { round: { n, verdicts: [], voided, work }, facts: [] };
  }
  const runs = await checked(contract, referees, { session, say });
  const { verdicts, facts } = await rest({ contract, referees, session, runs, say });
  return { round: { n, verdicts, work }, facts };
}

type Checking = { session: Session; say(words: string): void };
type Runs = (CheckRun | undefined)[];

async function checked(contract: Contract, referees: Referees, checking: Checking): Promise<Runs> {
  const checks = [...contract.criteria.keys()].filter((at) => contract.criteria[at]?.check !== undefined);
  const runs: Runs = contract.criteria.map(() => undefined);
  const allPass = () => !checking.session.signal.aborted && checks.every((at) => passes(runs[at]));
  for (let pass = 1; pass <= contract.stable; pass += 1) {
    await onePass({ contract, referees, runs, checks, pass }, checking);
    // what fails once need not be tried again
    if (!allPass()) return runs;
  }
  if (!referees.inCopy || checks.length === 0) return runs;
  checking.say("checks in a fresh copy");
  const again = await referees.inCopy(checks, checking.session.signal);
  for (const [n, at] of checks.entries()) {
    const run = again[n];
    if (run && !passes(run)) runs[at] = { ...run, why: `in a fresh copy: ${run.why ?? "it fails there"}` };
  }
  return runs;
}

type Pass = { contract: Contract; referees: Referees; runs: Runs; checks: readonly number[]; pass: number };

// one after another: they share the workspace
async function onePass({ contract, referees, runs, checks, pass }: Pass, { session, say }: Checking): Promise<void> {
  const { criteria, stable } = contract;
  for (const at of checks) {
    if (session.signal.aborted) return;
    const which = pass > 1 ? `pass ${pass} of ${stable}, ` : "";
    say(`${which}check ${at + 1} of ${criteria.length}: ${criteria[at]?.check}`);
    const run = await referees.check(at, session.signal);
    if (pass === 1 || passes(runs[at])) runs[at] = run;
  }
}

function passes(run: CheckRun | undefined): boolean {
  return run?.ended === "exited" && run.code === 0;
}

type Rest = { contract: Contract; referees: Referees; session: Session; runs: Runs; say(words: string): void };

// the judge is asked last, of all that has no check: what was met once is judged again with the rest
async function rest({ contract, referees, session, runs, say }: Rest): Promise<{ verdicts: Verdict[]; facts: Fact[] }> {
  const open = judgedAtLast(contract);
  const proved = runs.every((run, at) => open.includes(at) || passes(run));
  const verdicts = runs.map((run): Verdict | undefined => run && verdictOf(run));
  if (open.length === 0 || session.signal.aborted)
    return { verdicts: verdicts.filter((each) => each !== undefined), facts: [] };
  if (!proved) return { verdicts: verdicts.map((each) => each ?? LATER), facts: [] };
  say(`the judge looks at ${open.length === 1 ? "one criterion" : `${open.length} criteria`}`);
  const { verdicts: said, facts } = await referees.judge(open, { session, runs });
  return { verdicts: verdicts.map((each, at) => each ?? said[open.indexOf(at)] ?? LATER), facts: [...facts] };
}

const LATER: Verdict = { met: false, by: "judge", reason: "judged once every check passes" };
