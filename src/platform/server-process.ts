import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { endTree, MARK } from "./processes.js";
import { within } from "./waiting.js";
import { watchOver } from "./watchdog.js";

export type ServerRun = {
  command: string;
  args: readonly string[];
  cwd: string;
  /** All of its environment. */
  env: Record<string, string>;
  onOutput(bytes: Buffer): void;
  onError(bytes: Buffer): void;
  /** It ended, or could not be started: then with why. Told once. */
  onEnd(why: string): void;
};

export type ServerProcess = {
  readonly pid: number | undefined;
  /** Resolves when it has ended, or was never started. */
  readonly gone: Promise<void>;
  /** Rejects when it cannot take any more. */
  write(text: string): Promise<void>;
  /** Closes its input, then ends it and all that came of it. Within 2 s. */
  end(): Promise<void>;
};

/** How long a server may take to leave by itself once its input is closed, in milliseconds. */
const PATIENCE = 300;

// the servers of this process: what they all carry, and how many there were
const ours = { mark: `${process.pid}.server.${Math.random().toString(36).slice(2)}`, count: 0 };

/** Starts a program that talks over its stdin and stdout, in a process group of its own. It ends with this process, whatever ends that. */
export function startServer(run: ServerRun): ServerProcess {
  ours.count += 1;
  const mark = `${ours.mark}.${ours.count}.`;
  watchOver(`${MARK}=${ours.mark}.`);
  const child = spawn(run.command, [...run.args], {
    cwd: run.cwd,
    detached: true,
    env: { ...run.env, [MARK]: mark },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const gone = untilGone(child, run);
  child.stdout.on("data", run.onOutput);
  child.stderr.on("data", run.onError);
  // what reads no more is told by its end
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", () => undefined);
  return {
    pid: child.pid,
    gone,
    write: (text) => written(child, text),
    async end() {
      if (child.pid === undefined) return;
      child.stdin.end();
      await within(PATIENCE, gone);
      await endTree({ groups: [child.pid], mark });
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    },
  };
}

function untilGone(child: ChildProcessWithoutNullStreams, { command, onEnd }: ServerRun): Promise<void> {
  return new Promise((resolve) => {
    const end = (why: string) => {
      resolve();
      onEnd(why);
    };
    child.once("error", (error) => end(`${command} could not be started: ${whyNot(error)}`));
    child.once("exit", (code, signal) =>
      end(code === null ? `it was ended by ${signal}` : `it exited with code ${code}`),
    );
  });
}

function whyNot(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "there is no such command";
  return error.code === "EACCES" ? "it is no file that may be run" : error.message;
}

function written({ stdin }: ChildProcessWithoutNullStreams, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stdin.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
