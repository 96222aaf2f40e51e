import { type BigIntStats, lstatSync, readlinkSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode } from "../platform/files.js";

/** What stands at a path. `unkept` is a file whose content was not copied: only its stamp tells it from another. */
export type PathState =
  | { kind: "absent" }
  | { kind: "file"; hash: string; mode: number; size: number; stamp?: string }
  | { kind: "unkept"; mode: number; size: number; stamp: string }
  | { kind: "link"; to: string }
  | { kind: "folder"; mode: number };

/** What one call did to one path. `after` is missing where the call was cut short. */
export type Change = { path: string; before: PathState; after?: PathState };

export const ABSENT: PathState = { kind: "absent" };

/** What is at a path, links not followed; undefined when there is nothing. */
export function look(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOTDIR" || code === "ELOOP") return undefined;
    throw error;
  }
}

/** Changes with every write, chmod and replacement of a file. */
export function stampOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return `${size}:${mtimeNs}:${ctimeNs}:${ino}`;
}

export function modeOf({ mode }: BigIntStats): number {
  return Number(mode) & 0o7777;
}

/** The state of a path; `digest` gives the hash of a file's content. Throws for a device, a pipe or a socket. */
export function stateOf(path: string, digest: (path: string, size: number) => string): PathState {
  const stat = look(path);
  if (stat === undefined) return ABSENT;
  if (stat.isSymbolicLink()) return { kind: "link", to: readlinkSync(path) };
  if (stat.isDirectory()) return { kind: "folder", mode: modeOf(stat) };
  if (!stat.isFile()) throw new Error(`${path} is neither a file, a folder nor a link`);
  const size = Number(stat.size);
  return { kind: "file", hash: digest(path, size), mode: modeOf(stat), size, stamp: stampOf(stat) };
}

/** The same, but what lies behind a link that stands in the path now counts as absent. */
export function ownStateOf(path: string, digest: (path: string, size: number) => string): PathState {
  return isOwnFolder(dirname(path)) ? stateOf(path, digest) : ABSENT;
}

/** Whether a path is a folder that no link leads to. */
export function isOwnFolder(path: string): boolean {
  try {
    return realpathSync.native(path) === path && (look(path)?.isDirectory() ?? false);
  } catch {
    return false;
  }
}

/** Whether two states are the same to somebody who reads and runs the files. A folder is a folder, whatever its mode. */
export function same(a: PathState, b: PathState): boolean {
  if (a.kind === "link" && b.kind === "link") return a.to === b.to;
  if (!isFile(a) || !isFile(b)) return a.kind === b.kind;
  if (a.mode !== b.mode || a.size !== b.size) return false;
  if (a.kind === "file" && b.kind === "file") return a.hash === b.hash;
  return a.stamp === undefined || b.stamp === undefined || a.stamp === b.stamp;
}

/** Whether a call changed anything: the modes of folders count too. */
export function changed(before: PathState, after: PathState): boolean {
  if (before.kind === "folder" && after.kind === "folder") return before.mode !== after.mode;
  return !same(before, after);
}

/**
 * Whether a file is given back its content or mode without putting another in its place: when it has several
 * names and is still the same file as then, so that they stay names of one; or when only the mode differs.
 */
export function inPlace(path: string, { from, to }: { from: PathState; to: PathState }): boolean {
  const stat = look(path);
  if (from.kind !== "file" || to.kind !== "file" || stat === undefined) return false;
  if (stat.nlink === 1n) return from.hash === to.hash;
  return to.stamp?.split(":").at(-1) === String(stat.ino);
}

export function modeAt(path: string): number {
  const stat = look(path);
  return stat === undefined ? 0 : modeOf(stat);
}

export function isFolder(state: PathState): state is Extract<PathState, { kind: "folder" }> {
  return state.kind === "folder";
}

/** Whether it is a file or a link. */
export function isEntry({ kind }: PathState): boolean {
  return kind === "file" || kind === "unkept" || kind === "link";
}

type FileState = Extract<PathState, { kind: "file" | "unkept" }>;

function isFile(state: PathState): state is FileState {
  return state.kind === "file" || state.kind === "unkept";
}
