import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { endTree } from "./processes.js";

/** bash, else sh, with the flags that keep a user's start-up files out of it. */
export function theShell(): [path: string, flags: string[]] {
  const bash = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"].find((path) => existsSync(path));
  return bash ? [bash, ["--noprofile", "--norc", "-c"]] : ["/bin/sh", ["-c"]];
}

/** How a child ended; `code` is null when a signal did it. */
export type Exit = {
  code: number | null;
  killedBy: string | null;
  ended: "exited" | "timeout" | "aborted";
  pid: number;
};

/** Waits for a child to end. Timeout, in milliseconds, and abort end all that carries its mark. Rejects when it could not be started. */
export function untilExit(
  child: ChildProcess,
  { timeout, signal }: { timeout: number; signal: AbortSignal },
  mark: string,
): Promise<Exit> {
  return new Promise((resolve, reject) => {
    let ended: Exit["ended"] = "exited";
    let ending: Promise<void> = Promise.resolve();
    const end = (how: "timeout" | "aborted") => {
      if (ended !== "exited" || child.pid === undefined) return;
      ended = how;
      ending = endTree({ groups: [child.pid], mark });
    };
    const timer = setTimeout(() => end("timeout"), timeout);
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
    child.on("exit", (code, killedBy) => {
      settle();
      ending.then(() => resolve({ code, killedBy, ended, pid: child.pid ?? 0 }), reject);
    });
  });
}
