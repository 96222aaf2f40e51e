import { spawn } from "node:child_process";

/**
 * Opens a file in a person's editor, on the terminal of this process, and waits until it is closed; `command` may
 * have arguments. Gives its exit code, null when a signal ended it.
 */
export function openEditor(command: string, file: string, env: Record<string, string>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", `${command} "$1"`, "sh", file], { stdio: "inherit", env });
    child.on("error", reject).on("exit", (code) => resolve(code));
  });
}
