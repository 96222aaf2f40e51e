import { randomBytes } from "node:crypto";
import {
  chmodSync,
  constants,
  type Dirent,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { isAlive, processStart } from "../platform/alive.js";
import { realTarget } from "../platform/files.js";
import { below, choose } from "./matching.js";
import { removeTree } from "./remove-tree.js";
import { resultFiles } from "./result-files.js";

/** A copy of a result. `leftOut` are paths that are part of the workspace but not of the copy, links that lead out among them. */
export type CleanCopy = { path: string; files: number; leftOut: string[]; remove(): void };

export type CopyOptions = {
  /** The workspace, links resolved. */
  root: string;
  /** Globs of files that are copied besides the tracked ones. */
  include: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
};

const BEGINNING = "nanocoder-clean-";

/**
 * Copies the result into a temporary folder of its own. In a git repository: tracked files as they stand in the
 * work tree, and what `include` names. Elsewhere: all but installed packages, builds and caches, and what
 * `include` names. There is never a `.git` in it: what asks git cannot be checked in a copy.
 */
export async function cleanCopy({ root, include, env, signal }: CopyOptions): Promise<CleanCopy> {
  const chosen = await resultFiles(root, env);
  const declared = include.length === 0 ? undefined : await choose(root, include);
  const extra = declared ? [...below(root, declared)].filter(({ path, entry }) => wanted(path, entry)) : [];
  function wanted(path: string, entry: Dirent): boolean {
    return !entry.isDirectory() && (declared?.has(path) ?? false);
  }
  const path = newFolder();
  const copy = { path, files: 0, leftOut: [] as string[], remove: () => removeTree(path) };
  try {
    const copying = { root, to: path, copy };
    for (const each of chosen.files) await copyOne(each, copying, signal);
    const more = new Set(extra.map((each) => each.path));
    for (const each of chosen.files) more.delete(each);
    for (const each of more) await copyOne(each, { ...copying, declared: true }, signal);
    copy.leftOut.push(...chosen.others.filter((each) => !more.has(each)));
    dropLeading(path, copy);
    copyModes(path, root);
    return copy;
  } catch (error) {
    removeTree(path);
    throw error;
  }
}

/** Removes the copies of processes that have died. */
export function sweepCleanCopies(): void {
  const folder = temporary();
  for (const name of readdirSync(folder).filter((each) => each.startsWith(BEGINNING))) {
    const [pid, start] = name.slice(BEGINNING.length).split("-");
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    const mine = stat?.isDirectory() && stat.uid === (process.geteuid?.() ?? stat.uid);
    if (mine && /^\d+$/.test(pid ?? "") && !isAlive(Number(pid), start === "0" ? undefined : start)) removeTree(path);
  }
}

// what it is called says whose it is: a later process finds out whether that one lives
function newFolder(): string {
  const path = join(temporary(), `${BEGINNING}${process.pid}-${processStart(process.pid) ?? 0}-`);
  return mkdtempSync(path + randomBytes(4).toString("hex"));
}

function temporary(): string {
  return realpathSync(tmpdir());
}

type Copying = { root: string; to: string; copy: CleanCopy; declared?: true };

async function copyOne(path: string, { root, to, copy, declared }: Copying, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const [from, target] = [join(root, path), join(to, path)];
  const stat = realFolder(dirname(from), root) ? lstatSync(from, { throwIfNoEntry: false }) : undefined;
  if (stat === undefined) return;
  if (!stat.isFile() && !stat.isSymbolicLink()) {
    copy.leftOut.push(path);
    return;
  }
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const link = stat.isSymbolicLink() ? linkFor(path, root) : undefined;
  const content = stat.isFile() ? from : link === undefined && declared && isFile(from) ? from : undefined;
  if (link !== undefined) symlinkSync(link, target);
  else if (content === undefined) {
    copy.leftOut.push(path);
    return;
  } else {
    await copyFile(content, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    chmodSync(target, statSync(content).mode & 0o777);
  }
  copy.files += 1;
}

// a folder of the workspace that became a link leads elsewhere
function realFolder(folder: string, root: string): boolean {
  try {
    return folder === root || realpathSync(folder) === folder;
  } catch {
    return false;
  }
}

// the text of a link that stays inside; one that names the workspace by its whole path names the copy
function linkFor(path: string, root: string): string | undefined {
  const text = readlinkSync(join(root, path));
  const lexical = resolve(root, dirname(path), text);
  const real = attempt(() => realTarget("/", lexical));
  if (!isInside(lexical, root) || real === undefined || !isInside(real, root)) return undefined;
  return isAbsolute(text) ? relative(dirname(join(root, path)), lexical) || "." : text;
}

// links through links may still end elsewhere
function dropLeading(path: string, copy: CleanCopy): void {
  for (const found of below(path, { bases: [""], skip: new Set() })) {
    if (!found.entry.isSymbolicLink()) continue;
    const link = join(path, found.path);
    const real = attempt(() => realpathSync.native(link)) ?? attempt(() => realParent(link));
    if (real === undefined || isInside(real, path)) continue;
    rmSync(link);
    copy.leftOut.push(found.path);
    copy.files -= 1;
  }
}

// where a file would come to be that is made through a link to nothing; `..` after a link is the kernel's to follow
function realParent(link: string): string {
  const text = readlinkSync(link);
  return realpathSync.native(isAbsolute(text) ? dirname(text) : `${dirname(link)}/${dirname(text)}`);
}

function copyModes(path: string, root: string): void {
  const folders = [...below(path, { bases: [""], skip: new Set() })].filter(({ entry }) => entry.isDirectory());
  for (const found of folders.reverse()) {
    const stat = lstatSync(join(root, found.path), { throwIfNoEntry: false });
    if (stat?.isDirectory()) chmodSync(join(path, found.path), stat.mode & 0o777);
  }
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function isFile(path: string): boolean {
  return attempt(() => statSync(path).isFile()) ?? false;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
