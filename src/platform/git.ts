import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from "node:fs";
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

/** Bytes of a file that are looked at: what git writes there is shorter. */
const MOST = 4096;

// anything may stand there under that name: a pipe would wait for a writer, a device has no end
function firstLine(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(file).isFile()) return undefined;
    const bytes = Buffer.alloc(MOST);
    return bytes
      .toString("utf8", 0, readSync(file, bytes, 0, MOST, 0))
      .split("\n", 1)[0]
      ?.trim();
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
