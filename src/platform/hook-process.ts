import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { theShell, untilExit } from "./child.js";
import { endTree, groupAlive, MARK } from "./processes.js";
import { within } from "./waiting.js";
import { watchOver } from "./watchdog.js";

export type HookRun = {
  command: string;
  /** The workspace. */
  cwd: string;
  env: Record<string, string>;
  /** What the command reads on stdin. */
  input: string;
  /** Milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /** Whose hooks it is one of. */
  scope: HookScope;
};

/** Hooks whose leftovers are ended together: what they all carry, how many there were, and the groups that outlived their shell. */
export type HookScope = { readonly mark: string; count: number; readonly groups: Set<number> };

export type HookEnd = {
  /** Null when it did not exit by itself. */
  code: number | null;
  /** The first 64 kB. */
  stdout: string;
  /** The first 64 kB; why it could not be started when it `failed`. */
  stderr: string;
  ended: "exited" | "timeout" | "failed" | "aborted";
};

/** Bytes that are kept of each output. */
const MOST = 64 * 1024;
/** How long output may still come from what the command left running, in milliseconds. */
const GRACE = 100;
const LONGEST = 2 ** 31 - 1;

// what all hooks of this process carry
const ours = `${process.pid}.hook.${Math.random().toString(36).slice(2)}`;

/** For the hooks of one agent. */
export function newHookScope(): HookScope {
  return { mark: `${ours}.${Math.random().toString(36).slice(2)}`, count: 0, groups: new Set() };
}

/** Runs a hook in bash (else sh) in a process group of its own. Timeout and abort end all that came of it. Never rejects. */
export async function runHook(run: HookRun): Promise<HookEnd> {
  const nothing = { code: null, stdout: "", stderr: "" };
  if (run.signal.aborted) return { ...nothing, ended: "aborted" };
  const { scope } = run;
  scope.count += 1;
  const mark = `${scope.mark}.${scope.count}.`;
  watchOver(`${MARK}=${ours}.`);
  try {
    return await finish(start(run, mark), run, mark);
  } catch (error) {
    return { ...nothing, stderr: error instanceof Error ? error.message : String(error), ended: "failed" };
  }
}

/** Ends what hooks left running. Within 2 s. */
export async function endHooks(scope: HookScope): Promise<void> {
  if (scope.count === 0) return;
  const groups = [...scope.groups];
  scope.groups.clear();
  await endTree({ groups, mark: `${scope.mark}.` });
}

function start({ command, cwd, env }: HookRun, mark: string): ChildProcessWithoutNullStreams {
  const [shell, flags] = theShell();
  const folders = { NANOCODER_PROJECT_DIR: cwd, CLAUDE_PROJECT_DIR: cwd };
  return spawn(shell, [...flags, command], {
    cwd,
    detached: true,
    env: { ...env, ...folders, GIT_TERMINAL_PROMPT: "0", [MARK]: mark },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

async function finish(child: ChildProcessWithoutNullStreams, run: HookRun, mark: string): Promise<HookEnd> {
  const [out, err] = [collect(child.stdout), collect(child.stderr)];
  // a hook need not read what it is told
  child.stdin.on("error", () => undefined);
  child.stdin.end(run.input);
  const { code, ended, pid } = await untilExit(child, { ...run, timeout: Math.min(run.timeout, LONGEST) }, mark);
  await within(GRACE, Promise.all([out.closed, err.closed]));
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  if (ended === "exited" && groupAlive(pid)) run.scope.groups.add(pid);
  return { code: ended === "exited" ? code : null, stdout: out.text(), stderr: err.text(), ended };
}

function collect(stream: Readable): { text(): string; closed: Promise<void> } {
  const kept: Buffer[] = [];
  let room = MOST;
  stream.on("data", (bytes: Buffer) => {
    if (room > 0) kept.push(bytes.subarray(0, room));
    room -= bytes.length;
  });
  const closed = new Promise<void>((resolve) => {
    stream.on("close", () => resolve());
    // the other end went away: what came is what there is
    stream.on("error", () => resolve());
  });
  return { closed, text: () => Buffer.concat(kept).toString("utf8") };
}
