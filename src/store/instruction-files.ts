import { lstatSync, type Stats, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

/** Where instructions may lie. `repository`: `root` holds a `.git`; otherwise it is the workspace itself. */
export type InstructionPlaces = { home: string; cwd: string; root: string; repository: boolean };

/** What a folder's instructions may be called; the first that is there counts. */
const NAMES = ["AGENTS.md", "CLAUDE.md", "GEMINI.md"];
/** Folders whose content is others' work. */
const FOREIGN = new Set(
  ".git node_modules bower_components jspm_packages vendor third_party site-packages .venv venv .tox .nanocoder".split(
    " ",
  ),
);

/** Finds the repository a workspace lies in. One whose `.git` belongs to another user does not count, as for git. */
export function instructionPlaces(home: string, cwd: string): InstructionPlaces {
  for (let at = cwd; ; at = dirname(at)) {
    const git = look(join(at, ".git"));
    if (git !== undefined) {
      const ours = at === cwd || git.uid === process.getuid?.() || git.uid === look(cwd)?.uid;
      return ours ? { home, cwd, root: at, repository: true } : { home, cwd, root: cwd, repository: false };
    }
    if (dirname(at) === at) return { home, cwd, root: cwd, repository: false };
  }
}

// also one that turns out not to be readable
function inFolder(folder: string): string | undefined {
  return oneOf(folder, NAMES);
}

function oneOf(folder: string, names: readonly string[]): string | undefined {
  const paths = names.map((name) => join(folder, name));
  return paths.find((path) => look(path, statSync)?.isFile()) ?? paths.find((path) => look(path) !== undefined);
}

/** The user's file and those from the repository's root to the workspace, nearest last. */
export function mainInstructions(places: InstructionPlaces): string[] {
  const own = oneOf(places.home, NAMES.slice(0, 1));
  return [...new Set([own, ...between(places.root, places.cwd).map(inFolder)])].filter(isThere);
}

/** The files of the folders on the way to these paths, but for those above, nearest last. */
export function nestedInstructions(paths: readonly string[], places: InstructionPlaces, since: number): string[] {
  const folders = new Set(paths.flatMap((path) => foldersTowards(path, places, since)));
  return [...folders].sort().map(inFolder).filter(isThere);
}

// none for what lies outside of the repository, in a dependency, or in another repository (outside of any: one made since)
function foldersTowards(path: string, places: InstructionPlaces, since: number): string[] {
  const { cwd, root, repository } = places;
  const base = isWithin(path, cwd) ? cwd : root;
  if (!isWithin(path, base)) return [];
  const main = between(root, cwd);
  const way = between(base, path);
  const end = way.findIndex((folder, n) => n > 0 && isForeign(folder, repository ? undefined : since));
  return way.slice(0, end < 0 ? undefined : end).filter((folder) => !main.includes(folder));
}

function isForeign(folder: string, since: number | undefined): boolean {
  const name = folder.slice(folder.lastIndexOf(sep) + 1);
  // a glob is no folder: what it would match is not known
  if (FOREIGN.has(name) || name.includes("*")) return true;
  const git = look(join(folder, ".git"));
  return git !== undefined && (since === undefined || git.birthtimeMs >= since);
}

function between(from: string, to: string): string[] {
  const names = relative(from, to)
    .split(sep)
    .filter((name) => name !== "");
  return [from, ...names.map((_, n) => resolve(from, ...names.slice(0, n + 1)))];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === sep ? sep : folder + sep);
}

function isThere(path: string | undefined): path is string {
  return path !== undefined;
}

type Look = (path: string, options: { throwIfNoEntry: false }) => Stats | undefined;

// what cannot be looked at is not there
function look(path: string, by: Look = lstatSync): Stats | undefined {
  try {
    return by(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
