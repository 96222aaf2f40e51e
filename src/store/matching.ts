import { type Dirent, readdirSync } from "node:fs";
import { isAbsolute, join, posix, relative, sep } from "node:path";
import { NEVER_ENTERED } from "./listing.js";
import { isOwnFolder } from "./path-state.js";

/** Paths of a folder that globs and plain names choose, relative to it with `/`. A folder that is chosen stands for all in it. */
export type Choice = {
  root: string;
  /** Whether the path itself is chosen, by its own name or by a folder above it. */
  has(path: string): boolean;
  /** Where chosen paths may lie. */
  bases: readonly string[];
  /** Names of folders that are not entered. */
  skip: ReadonlySet<string>;
};

/**
 * Reads globs, from a folder: dotfiles count, and letters as the platform tells them apart. Folders of git are
 * never entered, and those of installed packages, builds and caches only where a glob names them. Throws for
 * one that leads out of the folder.
 */
export async function choose(root: string, globs: readonly string[]): Promise<Choice> {
  const { default: picomatch } = await import("picomatch");
  const inside = globs.map((glob) => insideOf(root, glob));
  const nocase = process.platform === "darwin" || process.platform === "win32";
  const matches = inside.map((glob) => picomatch(glob, { dot: true, nonegate: true, nocase }));
  // of a folder it is found out once: all that lies in it asks
  const folders = new Map<string, boolean>([[".", false]]);
  const whole = (path: string): boolean => {
    const above = posix.dirname(path);
    const known = folders.get(above) ?? whole(above);
    folders.set(above, known);
    return known || matches.some((match) => match(path));
  };
  const named = new Set(inside.flatMap((glob) => glob.split("/")));
  const bases = inside.map((glob) => (picomatch.scan(glob).isGlob ? picomatch.scan(glob).base : posix.dirname(glob)));
  return {
    root,
    bases: [...new Set(bases.map((base) => (base === "." ? "" : base)))],
    skip: new Set([".git", ...[...NEVER_ENTERED].filter((name) => !named.has(name))]),
    has: (path) => !inGit(path) && whole(path),
  };
}

function insideOf(root: string, glob: string): string {
  const plain = isAbsolute(glob) ? relative(root, glob).split(sep).join("/") : glob;
  const path = posix.normalize(plain).replace(/\/+$/, "");
  if (path === ".." || path.startsWith("../") || path === "" || path === "." || isAbsolute(path))
    throw new Error(`"${glob}" does not name files in ${root}: write a path or glob relative to it, such as test/**.`);
  return path;
}

function inGit(path: string): boolean {
  return /(^|\/)\.git(\/|$)/.test(path);
}

/** An entry below a folder: its path relative to that, with `/`. */
export type Found = { path: string; entry: Dirent };

/** All that lies below a folder, or below some folders of it, links not followed, what cannot be read left out. */
export function* below(root: string, { bases, skip }: Pick<Choice, "bases" | "skip">): Generator<Found> {
  const seen = new Set<string>();
  const queue = bases.filter((base) => isOwnFolder(base === "" ? root : join(root, base)));
  for (const folder of queue) {
    if (seen.has(folder)) continue;
    seen.add(folder);
    for (const entry of entriesOf(join(root, folder))) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      const isFolder = entry.isDirectory();
      if (isFolder && skip.has(entry.name)) continue;
      yield { path, entry };
      if (isFolder) queue.push(path);
    }
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
