import type { Session } from "../core/session.js";
import { runShell } from "../platform/exec.js";
import type { Laid } from "../platform/sandbox.js";
import { headTail } from "../platform/text.js";
import type { VerifyOptions } from "./verify-options.js";

/** Characters of an output that are told: its end. */
const TAIL = 3000;

export type CommandEnd =
  | { type: "exited"; code: number; output: string; tail: string }
  | { type: "not run"; why: string };

export type Command = {
  command: string;
  /** Where it runs; the workspace when absent. */
  cwd?: string;
  /** Milliseconds. */
  left: number;
  laid?: readonly Laid[];
};

/** Runs a command as the model's own are run: without terminal, in the sandbox where one works, bounded in time. */
export async function runCommand(
  { command, cwd, left, laid }: Command,
  session: Session,
  options: VerifyOptions,
): Promise<CommandEnd> {
  const timeout = Math.min(options.timeout * 1000, left);
  if (timeout <= 0 || session.signal.aborted) return { type: "not run", why: "there was no time left" };
  const { outputs, redact, sandbox, scope } = options;
  const env = { ...options.env, CI: "1", NO_COLOR: "1", PYTHONDONTWRITEBYTECODE: "1" };
  const works = await isolates(options);
  const end = await runShell({
    command,
    cwd: cwd ?? options.root,
    env,
    timeout,
    signal: session.signal,
    outputs,
    redact,
    sandbox: works ? sandbox : undefined,
    laid,
    scope,
  });
  if (end.ended === "aborted") return { type: "not run", why: "it was interrupted" };
  if (end.ended === "timeout") return { type: "not run", why: `it did not end within ${Math.round(timeout / 1000)} s` };
  if (end.code === null) return { type: "not run", why: `it was ended by ${end.killedBy}` };
  const output = end.output.trimEnd();
  if (isMissing(end.code, output))
    return { type: "not run", why: lastLine(output) || "a program it needs is not there" };
  const { tail, cut } = headTail(output, { head: 0, tail: TAIL });
  return { type: "exited", code: end.code, output, tail: cut > 0 ? `[…]\n${tail}` : output };
}

/** Whether commands are isolated here. */
export async function isolates({ sandbox }: Pick<VerifyOptions, "sandbox">): Promise<boolean> {
  return sandbox !== undefined && (await sandbox.ready()).works;
}

/** A word of a command line that is read as it stands. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

// what the shell says, and what says that a runner is not installed
function isMissing(code: number, output: string): boolean {
  if (code === 127 || code === 126) return true;
  return /No module named '?(pytest|unittest|ruff)\b|error: no such command:/.test(output) && output.length < 2000;
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1)?.slice(0, 200) ?? "";
}
