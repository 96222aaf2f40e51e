import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const ENV = { PATH: process.env.PATH ?? "", HOME: "/nowhere" };

/** A folder with these files; a text that begins with `#!` may be run. */
export function place(files: Record<string, string> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "goal-")));
  for (const [path, text] of Object.entries(files)) put(join(root, path), text);
  return root;
}

export function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  if (text.startsWith("#!")) chmodSync(path, 0o755);
}

export function git(root: string, ...args: string[]): string {
  return execFileSync("git", ["-c", "user.email=a@b.example", "-c", "user.name=a", ...args], {
    cwd: root,
    encoding: "utf8",
    env: { PATH: process.env.PATH, HOME: "/nowhere", GIT_CONFIG_NOSYSTEM: "1" },
  });
}

/** The same as a repository with one commit of all of it. */
export function repository(files: Record<string, string>): string {
  const root = place(files);
  git(root, "init", "-q");
  git(root, "add", "-A");
  git(root, "commit", "-qm", "first");
  return root;
}
