/**
 * What must be true. `check` is a command line that proves it by exiting 0; `timeout` is in milliseconds.
 *
 * @prop describe - What must be true, in words.
 * @prop check - A command line that proves it by exiting 0; absent: it is judged.
 * @prop timeout - Of the check, in milliseconds.
 * @example
 * const criterion: Criterion = { describe: "the tests pass", check: "npm test", timeout: 120_000 };
 */
export type Criterion = { describe: string; check?: string; timeout?: number };

/**
 * Where work on a goal ends at the latest; `maxCost` is in USD, `timeout` in milliseconds.
 *
 * @prop iterations - Rounds of work and checks.
 * @prop maxTurns - Answers of the model.
 * @prop maxCost - In USD.
 * @prop timeout - In milliseconds.
 * @example
 * const limits: GoalLimits = { iterations: 5, maxCost: 2, timeout: 1_800_000 };
 */
export type GoalLimits = { iterations: number; maxTurns?: number; maxCost?: number; timeout?: number };

/** A goal as it was agreed before work began; plain data, kept in the log. */
export type Contract = {
  goal: string;
  criteria: readonly Criterion[];
  /** Globs, from the workspace, of files that nobody may change. */
  protect: readonly string[];
  limits: GoalLimits;
  /** Passes in a row that each check must give in the last round. */
  stable: number;
  /** The last round's checks run in a fresh copy of the result. */
  clean: boolean;
  /** Files besides the tracked ones that the fresh copy gets. */
  include: readonly string[];
  /** The model that judges what has no check; the gateway's choice when absent. */
  judge?: string;
  /** The file it was read from: the worker may not change it. */
  file?: string;
};

/** One run of a check. `output` is its beginning and end; `why` says how it could not be run. */
export type CheckRun = {
  command: string;
  ended: "exited" | "timeout" | "aborted" | "unable";
  code: number | null;
  ms: number;
  output: { head: string; tail: string; bytes: number };
  why?: string;
};

/** Whether a criterion is met, by whose word, and on what evidence. */
export type Verdict = {
  met: boolean;
  by: "check" | "judge";
  reason: string;
  /** What the judge quoted. */
  evidence?: string;
  run?: CheckRun;
  /** The judge holds that it cannot be met, and says why in `reason`. */
  impossible?: boolean;
};

/** A round that is over: the worker stopped, and each criterion was looked at. */
export type Round = {
  n: number;
  verdicts: readonly Verdict[];
  /** Why it does not count: protected files that were changed, by path. */
  voided?: readonly string[];
  /** A mark of the workspace's changes: equal marks are equal work. */
  work: string;
};
