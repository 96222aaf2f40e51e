import { gitFolder } from "../platform/git.js";
import { type GitEnd, runGit } from "../platform/run-git.js";
import { NEVER_ENTERED } from "./listing.js";
import { below } from "./matching.js";

type Env = Readonly<Record<string, string | undefined>>;

/** Milliseconds and bytes of git's answers. */
const MOST = { time: 20_000, bytes: 64 * 1024 * 1024 };

/** The files of a result, relative to the workspace, and those that are there and not part of it. */
export type ResultFiles = { files: string[]; others: string[] };

/**
 * What a work consists of: the tracked files of a repository (`others`: what is neither tracked nor ignored),
 * elsewhere all files but installed packages, builds and caches. Throws when git cannot tell.
 */
export async function resultFiles(root: string, env: Env): Promise<ResultFiles> {
  if (gitFolder(root) === undefined) return { files: listed(root, [""]), others: [] };
  const git = (...args: string[]) => runGit({ args, cwd: root, env, timeout: MOST.time, most: MOST.bytes });
  const [tracked, untracked] = await Promise.all([
    git("ls-files", "-z", "--stage"),
    git("ls-files", "-z", "--others", "--exclude-standard"),
  ]);
  for (const end of [tracked, untracked]) refuse(end, root);
  const files = new Set<string>();
  for (const line of namesIn(tracked)) {
    const [, mode, path = ""] = /^(\d+) \S+ \d\t([\s\S]+)$/.exec(line) ?? [];
    // of a repository inside of this one all files count
    if (mode === "160000") for (const each of listed(root, [path])) files.add(each);
    else if (path !== "") files.add(path);
  }
  return { files: [...files], others: namesIn(untracked).filter((path) => !isBuilt(path)) };
}

/** Whether a path lies in a folder of installed packages, builds or caches. */
export function isBuilt(path: string): boolean {
  return path.split("/").some((name) => NEVER_ENTERED.has(name));
}

/** The names that git parted by NUL. */
export function namesIn({ output }: GitEnd): string[] {
  return output
    .toString("utf8")
    .split("\0")
    .filter((name) => name !== "");
}

function listed(root: string, bases: readonly string[]): string[] {
  return [...below(root, { bases, skip: NEVER_ENTERED })]
    .filter(({ entry }) => !entry.isDirectory())
    .map(({ path }) => path);
}

function refuse({ code, said, cut }: GitEnd, root: string): void {
  if (code === 0) return;
  throw new Error(`git cannot tell the files of ${root}: ${cut ? "it took too long" : said || `exit code ${code}`}.`);
}
