import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { Capture } from "./capture.js";
import { theShell, untilExit } from "./child.js";
import { endTree, groupAlive, MARK } from "./processes.js";
import type { Laid, Launch, Sandbox } from "./sandbox.js";
import { within } from "./waiting.js";
import { watchOver } from "./watchdog.js";

export type ShellRun = {
  command: string;
  cwd: string;
  env: Record<string, string>;
  /** Milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /** Where the whole of a long output goes. */
  outputs: string;
  /** Takes the secrets out of what goes there. */
  redact?: ((text: string) => string) | undefined;
  /** Isolates the command; without it the command runs as this user. */
  sandbox?: Sandbox | undefined;
  /** What the sandbox shows in place of folders. */
  laid?: readonly Laid[] | undefined;
  onOutput?: ((bytes: Buffer) => void) | undefined;
  /** A file that takes all of the output as it comes; with it, whatever the shell leaves running ends with it. */
  live?: string | undefined;
  onStart?: (() => void) | undefined;
  /** Whose commands it is one of; only of this process's when absent. */
  scope?: Scope | undefined;
};

/** Commands that are ended together. It is handed to each of them, so that it also holds where a file is loaded twice. */
export type Scope = {
  /** What they all carry: the beginning of their marks. */
  readonly mark: string;
  /** What it is a part of: ending that ends it too. */
  readonly outer?: Scope;
  /** How many there were, and of how many nothing is left. */
  count: number;
  ended: number;
  /** The process groups that outlived their shell. */
  readonly groups: Set<number>;
};

export type ShellEnd = {
  /** Null when a signal ended it. */
  code: number | null;
  killedBy: string | null;
  ended: "exited" | "timeout" | "aborted";
  output: string;
  /** Bytes of output in all. */
  total: number;
  file?: string;
  /** Where the shell ended, when it may have moved and could say so. */
  cwd?: string;
  /** Processes that it started still run; `endLeftovers` ends them. */
  left: boolean;
  /** Guarded paths that it made in the sandbox, and that were removed again. */
  removed: readonly string[];
};

/** How long output may still come from what the shell left running, in milliseconds. */
const GRACE = 100;

// all commands of this process
const ours: Scope = scoped(`${process.pid}.${random()}`);

/** A part of this process's commands, which `endLeftovers` can end by itself. */
export function newScope(): Scope {
  return { ...scoped(`${ours.mark}.${random()}`), outer: ours };
}

function scoped(mark: string): Scope {
  return { mark, count: 0, ended: 0, groups: new Set() };
}

function random(): string {
  return Math.random().toString(36).slice(2);
}

/**
 * Runs a command line in bash (else sh) in a process group of its own, without terminal and without stdin.
 * Timeout and abort end all that came of it. Rejects when the shell cannot be started.
 */
export async function runShell(run: ShellRun): Promise<ShellEnd> {
  if (run.signal.aborted) throw new Error("Not run: interrupted.");
  const { scope = ours } = run;
  const all = outwards(scope);
  for (const each of all) each.count += 1;
  const mark = `${scope.mark}.${scope.count}.`;
  const capture = new Capture(run.outputs, run);
  const folder = new Capture(run.outputs);
  watchOver(`${MARK}=${(all.at(-1) ?? scope).mark}.`);
  const { child, after } = start(run, mark);
  child.once("spawn", () => run.onStart?.());
  const [output, moved] = [readable(child, 1), readable(child, 3)];
  const closed = Promise.all([flow(output, capture, run.onOutput), flow(moved, folder, undefined)]);
  const exit = await untilExit(child, run, mark).catch((error: Error) => {
    capture.end();
    throw new Error(`The shell could not be started in ${run.cwd}: ${error.message}.`);
  });
  await within(GRACE, closed);
  output?.destroy();
  moved?.destroy();
  const left = exit.ended === "exited" && groupAlive(exit.pid);
  if (run.live !== undefined) await endTree({ groups: [exit.pid], mark });
  else if (left) for (const each of all) each.groups.add(exit.pid);
  const { text, total, file } = capture.end();
  const cwd = folder.end().text.replace(/\n$/, "");
  const { code, killedBy, ended } = exit;
  const removed = after();
  return { code, killedBy, ended, output: text, total, left, removed, ...(file && { file }), ...(cwd && { cwd }) };
}

/**
 * Ends what commands left running, also what made itself a session of its own: those of a scope, else all of this process. Within 2 s.
 */
export async function endLeftovers(scope: Scope = ours): Promise<void> {
  const { count, mark } = scope;
  if (count === scope.ended && scope.groups.size === 0) return;
  const all = outwards(scope);
  // what was ended with more is no longer ours: its number may be another's by now
  const groups = [...scope.groups].filter((group) => all.every((each) => each.groups.has(group)));
  for (const group of [...scope.groups]) for (const each of all) each.groups.delete(group);
  await endTree({ groups, mark: `${mark}.` });
  scope.ended = count;
}

// itself, and all that it is a part of
function outwards(scope: Scope): Scope[] {
  return [scope, ...(scope.outer ? outwards(scope.outer) : [])];
}

function start(run: ShellRun, mark: string): { child: ChildProcess; after(): string[] } {
  const { command, sandbox } = run;
  const moves = mayMove(command);
  const script = `exec 2>&1${moves ? "; trap 'pwd -P >&3' EXIT" : ""}\n${command}`;
  const [shell, flags] = theShell();
  const env = { ...run.env, GIT_TERMINAL_PROMPT: "0", PAGER: "cat", GIT_PAGER: "cat", [MARK]: mark };
  const plain = { file: shell, args: [...flags, script], cwd: run.cwd, env, laid: run.laid };
  const launch = sandbox ? sandbox.enter(plain) : { ...plain, after: () => [] };
  const child = spawn(launch.file, launch.args, {
    cwd: launch.cwd,
    detached: true,
    env: launch.env,
    stdio: moves ? ["ignore", "pipe", "ignore", "pipe"] : ["ignore", "pipe", "ignore"],
  });
  return { child, after: launch.after };
}

/** Runs a program to its end and gives what it said when it failed; "" when all went well. */
export async function failureOf({ file, args, cwd, env }: Launch): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (bytes: Buffer) => {
      said += bytes.toString("utf8").slice(0, 500);
    });
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code) => resolve(code === 0 ? "" : said.trim() || `exit code ${code}`));
  });
}

// only then is the shell asked where it ended: each pipe costs a command a fifth of its time
function mayMove(command: string): boolean {
  return /cd|pushd|popd|eval|source|(^|[\s;&|])\.\s/.test(command);
}

function readable(child: ChildProcess, fd: number): Readable | undefined {
  const stream = child.stdio[fd];
  return stream && "read" in stream ? stream : undefined;
}

function flow(
  stream: Readable | undefined,
  into: Capture,
  onOutput: ((bytes: Buffer) => void) | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    if (!stream) return resolve();
    stream.on("data", (bytes: Buffer) => {
      into.add(bytes);
      onOutput?.(bytes);
    });
    stream.on("close", () => resolve());
    // the other end went away: what came is what there is
    stream.on("error", () => resolve());
  });
}
