import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { endTree, groupAlive, MARK } from "./processes.js";
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
};

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

// the hooks of this process: what they all carry, how many there were, and the groups that outlived their shell
const ours = {
  mark: `${process.pid}.hook.${Math.random().toString(36).slice(2)}`,
  count: 0,
  groups: new Set<number>(),
};

/** Runs a hook in bash (else sh) in a process group of its own. Timeout and abort end all that came of it. Never rejects. */
export async function runHook(run: HookRun): Promise<HookEnd> {
  const nothing = { code: null, stdout: "", stderr: "" };
  if (run.signal.aborted) return { ...nothing, ended: "aborted" };
  ours.count += 1;
  const mark = `${ours.mark}.${ours.count}.`;
  watchOver(`${MARK}=${ours.mark}.`);
  try {
    return await finish(start(run, mark), run, mark);
  } catch (error) {
    return { ...nothing, stderr: error instanceof Error ? error.message : String(error), ended: "failed" };
  }
}

/** Ends what the hooks of this process left running. Within 2 s. */
export async function endHooks(): Promise<void> {
  if (ours.count === 0) return;
  const groups = [...ours.groups];
  ours.groups.clear();
  await endTree({ groups, mark: `${ours.mark}.` });
}

function start({ command, cwd, env }: HookRun, mark: string): ChildProcessWithoutNullStreams {
  const bash = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"].find((path) => existsSync(path));
  const [shell, flags] = bash ? [bash, ["--noprofile", "--norc", "-c"]] : ["/bin/sh", ["-c"]];
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
  const { code, ended, pid } = await untilExit(child, run, mark);
  await within(GRACE, Promise.all([out.closed, err.closed]));
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  if (ended === "exited" && groupAlive(pid)) ours.groups.add(pid);
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

type Exit = { code: number | null; ended: "exited" | "timeout" | "aborted"; pid: number };

function untilExit(child: ChildProcessWithoutNullStreams, { timeout, signal }: HookRun, mark: string): Promise<Exit> {
  return new Promise((resolve, reject) => {
    let ended: Exit["ended"] = "exited";
    let ending: Promise<void> = Promise.resolve();
    const end = (how: "timeout" | "aborted") => {
      if (ended !== "exited" || child.pid === undefined) return;
      ended = how;
      ending = endTree({ groups: [child.pid], mark });
    };
    const timer = setTimeout(() => end("timeout"), Math.min(timeout, LONGEST));
    const abort = () => end("aborted");
    signal.addEventListener("abort", abort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    };
    child.on("error", (error) => {
      settle();
      reject(error);
    });
    child.on("exit", (code) => {
      settle();
      ending.then(() => resolve({ code, ended, pid: child.pid ?? 0 }), reject);
    });
  });
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, over]);
  clearTimeout(timer);
}
