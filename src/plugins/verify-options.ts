import type { Session } from "../core/session.js";
import type { Scope } from "../platform/exec.js";
import type { Sandbox } from "../platform/sandbox.js";

/** The key of the `state` fact that holds what was found, and who the notes are by that send failures back: they are counted. */
export const VERIFY = "verify";

/**
 * What is checked after a run that changed files.
 *
 * @example
 * const verify: Partial<VerifySettings> = { tests: false, timeout: 20 };
 */
export type VerifySettings = {
  /** Whether each changed file can be read as what it is. */
  syntax: boolean;
  /** What the project's linter says of them. */
  lint: boolean;
  /** The tests nearest to them. */
  tests: boolean;
  /** Commands in place of the tests and linters that would be found. */
  commands: readonly string[];
  /** Of one command, in seconds. */
  timeout: number;
};

export type VerifyOptions = VerifySettings & {
  /** The home of nanocoder and the workspace, links resolved. */
  home: string;
  root: string;
  /** The whole environment of the commands. */
  env: Record<string, string>;
  /** Where the whole of long outputs goes, and what takes secrets out of it. */
  outputs: string;
  redact(text: string): string;
  sandbox: Sandbox | undefined;
  /** Whose commands they are. */
  scope: Scope;
  /** Paths whose content commands do not see. */
  hidden: readonly string[];
  /** What permission says of a command line now. */
  judge(command: string, session: Session): Promise<{ verdict: "allow" | "ask" | "deny"; why: string }>;
  isPlan(session: Session): boolean;
  /** Asks a person about a command of the project that may not be run by itself, and why. Absent: nobody is asked. */
  permit?(command: string, why: string): Promise<boolean>;
};

/** What a check found. `before` is how the same check did on the files as they were before the run. */
export type Check = {
  check: string;
  status: "passed" | "failed" | "not checked";
  why?: string;
  before?: "passed" | "failed" | "unknown";
  exit_code?: number;
};

/** A check with the end of what was said. */
export type Found = Check & { output?: string };

/** A check that is to be made; milliseconds are left for it. */
export type Pending = { check: string; run(left: number): Promise<Found> };
