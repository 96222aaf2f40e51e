import { join } from "node:path";
import { state, usage } from "../core/fold.js";
import type { Log } from "../core/log.js";
import type { Json } from "../core/message.js";
import type { Plugin } from "../core/plugin.js";
import type { Session } from "../core/session.js";
import { CHECK_TIME } from "../goals/bounds.js";
import { baseline as checksBefore, passed, runCheck } from "../goals/checks.js";
import { continuePrompt } from "../goals/continue.js";
import { judge } from "../goals/judge.js";
import { contractJson } from "../goals/logged.js";
import {
  baselineIn,
  endIn,
  endOf,
  GOAL,
  type Move,
  master,
  type Referees,
  roundsIn,
  saidOfGoal,
  sinceAgreed,
} from "../goals/master.js";
import type { Called } from "../goals/programs.js";
import { type Baseline, type GoalEnd, outcomeOf, verdictOf } from "../goals/progress.js";
import type { GoalResult } from "../goals/report.js";
import { transcriptFor } from "../goals/transcript.js";
import type { CheckRun, Contract, Round } from "../goals/types.js";
import { costOf } from "../models/catalog.js";
import { endLeftovers } from "../platform/exec.js";
import { bootId, type Listener, listeners, newListeners } from "../platform/listeners.js";
import { shownPath } from "../platform/walk.js";
import { unfinished } from "../plugins/answer.js";
import { cleanCopy, sweepCleanCopies } from "../store/clean-copy.js";
import { type Guard, guard, savedGuard } from "../store/guarded-files.js";
import { putBack } from "../store/put-back.js";
import { startCommit, workDiff } from "../store/work-diff.js";
import { type Seen, workMark } from "../store/work-mark.js";
import type { Ground } from "./assemble.js";
import { wholeLog } from "./whole-log.js";

/** What a goal was begun with, as the log keeps it: the commit, the snapshot's mark, and what the checks call, and who listened where. */
type Start = { commit?: string; guard: string; called: Called; at: number; boot?: string; listening?: Listener[] };

const START = "goal.start";
/** Characters of a diff and of a transcript that are made for the judge. */
const SHOWN = { diff: 40_000, transcript: 48_000 };

export type GoalWork = {
  plugin: Plugin;
  /** Records the goal, runs each check once before work, and records what it found; what an earlier process recorded is taken. */
  baseline(signal: AbortSignal, tell: (words: string) => void): Promise<Baseline>;
  /** All that is told of the goal now; `halt` is why it ended when no round says so. */
  result(halt?: GoalEnd): Promise<GoalResult>;
};

/** Records in a session that has begun that this is its goal from now on; what was said of one before it counts no more. */
export function agree(contract: Contract, log: Log): void {
  // who looks for open goals reads the newest value of each key
  if (endOf(state(log.events, GOAL.outcome))) log.append({ type: "state", key: GOAL.outcome, value: null });
  log.append({ type: "state", key: GOAL.contract, value: contractJson(contract) });
}

/** Takes up a goal in a session: its snapshot of protected files, its referees, and the plugin that holds the door. */
export async function goalWork(contract: Contract, ground: Ground, home: string): Promise<GoalWork> {
  sweepCleanCopies();
  const programs = await import("../goals/programs.js");
  const start = await begun(contract, { ground, programs }, join(home, "goals", ground.id));
  const work: Work = { programs, contract, ground, ...start, seen: new Map(), listening: listeningBefore(start.start) };
  return {
    plugin: master(contract, referees(work)),
    baseline: (signal, tell) => baseline(work, signal, tell),
    result: (halt) => result(work, halt),
  };
}

// it reads command lines as a shell would: loaded with the first goal
type Programs = typeof import("../goals/programs.js");

type Work = {
  programs: Programs;
  contract: Contract;
  ground: Ground;
  start: Start;
  snapshot: Guard;
  seen: Seen;
  listening: readonly Listener[];
};

async function begun(
  contract: Contract,
  { ground, programs }: Pick<Work, "ground" | "programs">,
  folder: string,
): Promise<Pick<Work, "start" | "snapshot">> {
  const { log, cwd: root, commands } = ground;
  const known = startIn(saidOfGoal(log.events, START));
  if (known) {
    const snapshot = await savedGuard(folder, known.guard);
    // a new one would take what the work did to protected files for what was agreed
    if (!snapshot) throw new Error(`What ${folder} kept of the protected files is gone: start the goal anew.`);
    return { start: known, snapshot };
  }
  const files = contract.file === undefined ? [] : [contract.file];
  const snapshot = await guard({ root, folder, globs: contract.protect, files });
  const commit = await startCommit(root, commands.env);
  const called = programs.noteCalled(lines(contract), placeOf(ground));
  const boot = bootId();
  const start: Start = {
    ...{ guard: snapshot.digest, called, at: Date.now(), listening: listeners() },
    ...(commit !== undefined && { commit }),
    ...(boot !== undefined && { boot }),
  };
  return { start, snapshot };
}

// not before the session's own first fact, by which it is found again
function record({ contract, ground: { log }, start }: Work): void {
  if (startIn(saidOfGoal(log.events, START))) return;
  if (saidOfGoal(log.events, GOAL.contract) === undefined) agree(contract, log);
  log.append({ type: "state", key: START, value: JSON.parse(JSON.stringify(start)) });
}

// what survived a master that was killed is no older than the work; a machine that was started anew tells nothing
function listeningBefore({ boot, listening }: Start): readonly Listener[] {
  return boot !== undefined && boot === bootId() && listening ? listening : listeners();
}

function startIn(value: unknown): Start | undefined {
  return isStart(value) ? value : undefined;
}

function isStart(value: unknown): value is Start {
  return typeof value === "object" && value !== null && "guard" in value && "called" in value && "at" in value;
}

function lines({ criteria }: Contract): string[] {
  return criteria.flatMap(({ check }) => check ?? []);
}

function placeOf({ cwd, commands }: Ground) {
  return { root: cwd, home: commands.home, env: commands.env };
}

function referees(work: Work): Referees {
  const { programs, contract, ground, snapshot, start, seen } = work;
  const { cwd: root, commands } = ground;
  return {
    guard: async () => {
      await ground.endBeside();
      await endLeftovers(commands.scope);
      const undone = putBack(snapshot).map(({ path }) => shownPath(root, path));
      return [...undone, ...programs.wrongPrograms(start.called, placeOf(ground)), ...takenPorts(work)];
    },
    check: (at, signal) => check(work, at, { cwd: root, signal }),
    inCopy: contract.clean ? (which, signal) => inCopy(work, which, signal) : undefined,
    judge: (asked, { session, runs }) => judged(work, asked, { session, runs }),
    mark: () => workMark({ root, env: commands.env, seen }),
    next: (rounds) => next(work, rounds),
    unfinished,
  };
}

// what a check asks must not be answered by something that the work left behind
function takenPorts({ contract, listening }: Work): string[] {
  const asked = lines(contract).join("\n");
  const isNamed = ({ port }: Listener) => new RegExp(`\\b${port}\\b`).test(asked);
  // who holds a port is slow to find out
  if (!listeners().some(isNamed)) return [];
  return newListeners(listening)
    .filter(isNamed)
    .map(
      ({ port, program = "a process" }) =>
        `Port ${port}, which a check names, is held by ${program} since the work began. End it.`,
    );
}

type Place = { cwd: string; signal: AbortSignal };

function check({ contract, ground }: Work, at: number, { cwd, signal }: Place): Promise<CheckRun> {
  const { check: command = "", timeout = CHECK_TIME.unsaid } = contract.criteria[at] ?? {};
  return runCheck({ ...ground.commands, command, timeout, cwd, signal });
}

async function inCopy(work: Work, which: readonly number[], signal: AbortSignal): Promise<CheckRun[]> {
  const { cwd: root, commands } = work.ground;
  const copy = await cleanCopy({ root, include: work.contract.include, env: commands.env, signal });
  try {
    const runs: CheckRun[] = [];
    for (const at of which) {
      runs.push(await check(work, at, { cwd: copy.path, signal }));
      if (!runs.every(passed)) break;
    }
    return runs;
  } finally {
    copy.remove();
  }
}

type Seeing = { session: Session; runs: readonly (CheckRun | undefined)[] };

async function judged(work: Work, asked: readonly number[], { session, runs }: Seeing) {
  const { contract, ground, start } = work;
  const { cwd: root, commands, models } = ground;
  const diff =
    start.commit === undefined
      ? undefined
      : await workDiff({ root, env: commands.env, since: start.commit, most: SHOWN.diff });
  return judge({
    model: contract.judge === undefined ? models.modelFor("judge") : models.named(contract.judge),
    contract,
    asked,
    runs,
    diff: diff?.text,
    changedScripts: scriptsChanged(work),
    transcript: transcriptFor(sinceAgreed(wholeLog(ground.log)), SHOWN.transcript),
    signal: session.signal,
  });
}

function scriptsChanged({ programs, contract, ground, start: { called } }: Work): string[] {
  return programs.changedScripts(called, programs.noteAgain(called, lines(contract), placeOf(ground)));
}

function next({ contract, ground }: Work, rounds: readonly Round[]): Move {
  const end = outcomeOf(contract, rounds);
  if (end) return { type: "end", end };
  return { type: "go on", prompt: continuePrompt(contract, rounds, baselineIn(ground.log.events)) };
}

async function baseline(work: Work, signal: AbortSignal, tell: (words: string) => void): Promise<Baseline> {
  const { contract, ground } = work;
  const { criteria } = contract;
  const { log, cwd, commands } = ground;
  record(work);
  if (saidOfGoal(log.events, GOAL.baseline) !== undefined) return baselineIn(log.events);
  const timed = criteria.map((each) => ({ timeout: CHECK_TIME.unsaid, ...each }));
  const found = await checksBefore(timed, {
    ...{ ...commands, cwd, signal },
    tell: (at) => tell(`before work: check ${at + 1} of ${criteria.length}: ${criteria[at]?.check}`),
  });
  if (signal.aborted) return [];
  const verdicts = found.map((each): Json => (each ? JSON.parse(JSON.stringify(verdictOf(each.run))) : null));
  log.append({ type: "state", key: GOAL.baseline, value: verdicts });
  return baselineIn(log.events);
}

async function result(work: Work, halt?: GoalEnd): Promise<GoalResult> {
  const { contract, ground, start } = work;
  const { cwd: root, commands, log, id } = ground;
  const events = sinceAgreed(log.events);
  const diff =
    start.commit === undefined
      ? undefined
      : await workDiff({ root, env: commands.env, since: start.commit, most: 1000 });
  return {
    contract,
    rounds: roundsIn(events),
    baseline: baselineIn(events),
    end: endIn(events) ?? halt ?? { outcome: "interrupted", why: "it is not over" },
    cost: costOf(events),
    usage: usage(events),
    startedAt: start.at,
    endedAt: Date.now(),
    diffStat: diff && { files: diff.files.length, insertions: diff.added, deletions: diff.removed },
    changedScripts: scriptsChanged(work),
    session: id,
  };
}
