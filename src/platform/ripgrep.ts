import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { isExecutable } from "./files.js";

/** Finds ripgrep: on PATH, else the one that the optional package brings. Undefined when there is none. */
export async function findRipgrep(path: string | undefined): Promise<string | undefined> {
  const onPath = (path ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "rg"))
    .find(isExecutable);
  if (onPath !== undefined) return onPath;
  try {
    // not a dependency: it is there when the user installed it
    const name = "@vscode/ripgrep";
    const { rgPath }: { rgPath: string } = await import(name);
    return isExecutable(rgPath) ? rgPath : undefined;
  } catch {
    return undefined;
  }
}

export type Search = {
  rg: string;
  args: readonly string[];
  cwd: string;
  signal: AbortSignal;
  /** Which lines count. */
  keep?: (line: string) => boolean;
};

/** Lines of ripgrep's output until `most` of them; then it is ended. `problem` is what it said on stderr when it failed. */
export function ripgrep(
  { rg, args, cwd, signal, keep = () => true }: Search,
  most: number,
): Promise<{ lines: string[]; more: boolean; problem: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(rg, ["--no-config", ...args], { cwd, signal, stdio: ["ignore", "pipe", "pipe"] });
    const lines: string[] = [];
    let [rest, problem, more] = ["", "", false];
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      if (more) return;
      const found = (rest + piece).split("\n");
      rest = (found.pop() ?? "").slice(0, 1_000_000);
      lines.push(...found.filter(keep));
      more = lines.length > most;
      if (more) child.kill();
    });
    child.stderr.setEncoding("utf8").on("data", (piece: string) => {
      if (problem.length < 2000) problem += piece;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (rest !== "" && !more && keep(rest)) lines.push(rest);
      // 1 means: nothing found
      resolve({ lines: lines.slice(0, most), more, problem: code === 0 || code === 1 || more ? "" : problem.trim() });
    });
  });
}
