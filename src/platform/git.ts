import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * The branch checked out where a folder lies, or the first 12 digits of a detached commit; undefined outside
 * a repository. Read from git's own files: no process is started in a folder nobody has vouched for.
 */
export function gitBranch(folder: string): string | undefined {
  const dir = gitFolder(folder);
  const head = dir === undefined ? undefined : firstLine(join(dir, "HEAD"));
  if (head === undefined) return undefined;
  const ref = /^ref: refs\/heads\/(.+)$/.exec(head)?.[1];
  return ref ?? (/^[0-9a-f]{40,64}$/.test(head) ? head.slice(0, 12) : undefined);
}

/** Where git keeps what it knows of the repository a folder lies in, also a bare one; undefined outside of any. */
export function gitFolder(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const dot = join(at, ".git");
    if (firstLine(join(dot, "HEAD")) !== undefined) return dot;
    const link = /^gitdir: (.+)$/.exec(firstLine(dot) ?? "")?.[1];
    if (link !== undefined) return resolve(at, link);
    if (firstLine(join(at, "HEAD")) !== undefined && existsSync(join(at, "objects"))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function firstLine(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").split("\n", 1)[0]?.trim();
  } catch {
    return undefined;
  }
}
