import { spawn } from "node:child_process";
import { endTree, MARK } from "./processes.js";

/** The environment of an editor, and what ends it: without a signal only the person does. */
export type Editing = { env: Record<string, string>; signal?: AbortSignal };

/**
 * Opens a file in a person's editor, on the terminal of this process, and waits until it is closed; `command` may
 * have arguments. Gives its exit code, null when a signal ended it.
 */
export function openEditor(command: string, file: string, { env, signal }: Editing): Promise<number | null> {
  const mark = `${process.pid}.${Math.random().toString(36).slice(2)}.editor`;
  return new Promise((resolve, reject) => {
    const marked = { ...env, [MARK]: mark };
    const child = spawn("/bin/sh", ["-c", `${command} "$1"`, "sh", file], { stdio: "inherit", env: marked });
    let ended: Promise<unknown> = Promise.resolve();
    const end = () => {
      ended = endTree({ groups: [], mark });
    };
    signal?.addEventListener("abort", end, { once: true });
    child.on("error", reject).on("exit", (code) => {
      signal?.removeEventListener("abort", end);
      // the shell may be gone before the editor has given the screen back
      void ended.finally(() => resolve(code));
    });
  });
}
