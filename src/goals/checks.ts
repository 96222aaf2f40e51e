import { delimiter } from "node:path";
import { sentence } from "../core/run-tools.js";
import { theShell } from "../platform/child.js";
import { endLeftovers, failureOf, runShell, type ShellEnd, type ShellRun } from "../platform/exec.js";
import { absoluteFolders } from "../platform/run-git.js";
import type { CheckRun, Criterion } from "./types.js";
import { whyUnable } from "./unable.js";

/** What all checks of a goal run with; `env` is what the process had at its start, `cwd` the workspace. */
export type Surroundings = Omit<ShellRun, "command" | "timeout">;

/** A command line and its time, in milliseconds. */
export type Check = Pick<Criterion, "timeout"> & { command: string };

/** Milliseconds of a check that names none; characters kept of an output. */
const MOST = { timeout: 600_000, head: 2000, tail: 6000 };
/** The longest that a timer can wait, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/**
 * Runs a check in the workspace, without stdin and terminal. What the worker left running is ended before, and
 * what the check leaves running after it. Never rejects.
 */
export async function runCheck({ command, timeout, ...around }: Check & Surroundings): Promise<CheckRun> {
  if (around.signal.aborted) return notRun(command, { ended: "aborted" });
  await endLeftovers(around.scope);
  const began = performance.now();
  const ms = () => Math.round(performance.now() - began);
  try {
    const env = checkEnv(around.env, around.cwd);
    const time = Math.min(timeout ?? MOST.timeout, LONGEST);
    const end = await runShell({ ...around, command, timeout: time, env });
    return { ...(await told(command, end, { ...around, env })), ms: ms() };
  } catch (error) {
    const why = sentence(error);
    return { ...notRun(command, around.signal.aborted ? { ended: "aborted" } : { ended: "unable", why }), ms: ms() };
  } finally {
    await endLeftovers(around.scope);
  }
}

/** How a check stood before work began. */
export type Baseline = { state: "passing" | "failing" | "unable"; run: CheckRun };

/**
 * Runs each check once before work; undefined for a criterion without one, and for those that an abort left. `tell` hears
 * the index of each before it is run.
 */
export async function baseline(
  criteria: readonly Criterion[],
  { tell, ...around }: Surroundings & { tell?: (at: number) => void },
): Promise<(Baseline | undefined)[]> {
  const found: (Baseline | undefined)[] = [];
  for (const [at, { check, timeout }] of criteria.entries()) {
    if (check !== undefined && !around.signal.aborted) tell?.(at);
    const run = check && (await runCheck({ command: check, ...(timeout && { timeout }), ...around }));
    found.push(run && run.ended !== "aborted" ? { state: stateOf(run), run } : undefined);
  }
  return found;
}

export function passed({ ended, code }: CheckRun): boolean {
  return ended === "exited" && code === 0;
}

function stateOf(run: CheckRun): Baseline["state"] {
  if (run.ended === "unable") return "unable";
  return passed(run) ? "passing" : "failing";
}

// what a shell reads before it runs a line, and what changes how it reads it
const SHELL_ONLY =
  /^(BASH_ENV|ENV|SHELLOPTS|BASHOPTS|CDPATH|GLOBIGNORE|IFS|PS4|PROMPT_COMMAND|PWD|OLDPWD|_|BASH_FUNC_.*|FORCE_COLOR|CLICOLOR_FORCE)$/;
const PRELOADS = /^(LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES)$/;

/**
 * The environment of checks: what was there at the start without what a worker's files could act through, and
 * as on a build server: no colours, no watching, no questions. A `CI` that the user set stays.
 */
export function checkEnv(env: Readonly<Record<string, string>>, root: string): Record<string, string> {
  const kept = Object.entries(env).filter(
    ([name, value]) => !SHELL_ONLY.test(name) && !(PRELOADS.test(name) && isWithinReach(value, root)),
  );
  return {
    CI: "true",
    ...Object.fromEntries(kept),
    PATH: absoluteFolders(env.PATH).join(delimiter),
    NO_COLOR: "1",
    TERM: "dumb",
  };
}

// libraries that the worker may write: relative ones and those of the workspace
function isWithinReach(value: string, root: string): boolean {
  return value.split(/[\s:]+/).some((path) => path !== "" && (!path.startsWith("/") || path.startsWith(`${root}/`)));
}

type Told = Omit<CheckRun, "ms">;

async function told(command: string, end: ShellEnd, around: Surroundings): Promise<Told> {
  const output = pieces(around.redact?.(end.output) ?? end.output, end.total);
  const run = { command, ended: end.ended, code: end.code, output };
  if (end.ended !== "exited") return { ...run, code: null };
  if (end.code === null) return { ...run, why: `It was ended by ${end.killedBy ?? "a signal"}.` };
  const why = (await syntaxFault(command, end, around)) ?? whyUnable({ code: end.code, output: end.output }, around);
  return why === undefined ? run : { ...run, ended: "unable", why };
}

// the shell is asked only when what it said looks like it: a check may well print such words of its own
async function syntaxFault(
  command: string,
  { code, output }: ShellEnd,
  { cwd, env }: Surroundings,
): Promise<string | undefined> {
  if ((code !== 1 && code !== 2) || !/syntax error|unexpected|unterminated|bad substitution/i.test(output.slice(-2000)))
    return undefined;
  const [file, flags] = theShell();
  const said = await failureOf({ file, args: [...flags.slice(0, -1), "-nc", command], cwd, env: { ...env } });
  const fault = said.split("\n", 1)[0]?.replace(/^\S*sh: (-c: )?/, "");
  return said === "" ? undefined : `It is not a command line that the shell understands: ${fault}.`;
}

// all of a short output: its head, and the rest of it as the tail
function pieces(text: string, bytes: number): CheckRun["output"] {
  const rest = text.slice(MOST.head);
  const [head, tail] = [text.slice(0, MOST.head), rest.slice(-MOST.tail)];
  return { head: head.toWellFormed(), tail: tail.toWellFormed(), bytes };
}

function notRun(command: string, how: { ended: "aborted" } | { ended: "unable"; why: string }): CheckRun {
  return { command, code: null, ms: 0, output: { head: "", tail: "", bytes: 0 }, ...how };
}
