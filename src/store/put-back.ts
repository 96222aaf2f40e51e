import { randomUUID } from "node:crypto";
import { chmodSync, chownSync, constants, copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import { anchor } from "../platform/anchored.js";
import { errorCode, fileReason } from "../platform/files.js";
import { shownPath } from "../platform/walk.js";
import {
  type Difference,
  differences,
  type Guard,
  type Guarded,
  isSame,
  stateAt,
  toldDifference,
} from "./guarded-files.js";
import { look, modeOf } from "./path-state.js";
import { removeTree } from "./remove-tree.js";

/** A change of a guarded path that was undone. `kept` is where the content that had to go can still be found. */
export type Undone = { path: string; told: string; kept?: string };

/** Looks: what lies behind a folder that was closed or replaced is seen only once that is put back. */
const LOOKS = 200;
/** Bytes of a changed file that are kept before it is put back. */
const KEPT = 8 * 1024 * 1024;

/**
 * Puts every guarded path back as it was: content, mode, links, folders; what was created and is guarded goes. No
 * link is written through, and a file with further names leaves those as they are. Gives what was undone; throws
 * when something cannot be put back.
 */
export function putBack(guard: Guard): Undone[] {
  const undone = new Map<string, Undone>();
  for (let n = 0; n < LOOKS; n += 1) {
    const found = differences(guard);
    if (found.length === 0) return [...undone.values()];
    for (const difference of highest(found)) {
      const one = putOneBack(difference, guard);
      if (!undone.has(difference.path)) undone.set(difference.path, one);
    }
  }
  const path = differences(guard)[0]?.path;
  if (path === undefined) return [...undone.values()];
  throw new Error(`${path} is protected and was put back, but changes again at once: something else writes there.`);
}

// folders first, from the top: what is told of paths below them may be untrue
function highest(found: readonly Difference[]): readonly Difference[] {
  const folders = found.filter(({ was }) => was.kind === "folder");
  return folders.length === 0 ? found : folders.sort((a, b) => depth(a.path) - depth(b.path));
}

function putOneBack(difference: Difference, guard: Guard): Undone {
  const { path, was } = difference;
  const told = toldDifference(guard.root, difference);
  try {
    const kept = keptContent(difference, guard);
    within(dirname(path), (at) => settle(at(basename(path)), was, guard));
    return { path: shownPath(guard.root, path), told, ...(kept && { kept }) };
  } catch (error) {
    // a folder above it is put back first: the next look finds it
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return { path: shownPath(guard.root, path), told };
    throw new Error(`${told}, and it is protected, but it cannot be put back: ${fileReason(error)}.`);
  }
}

function settle(path: string, was: Guarded, { objects }: Guard): void {
  const now = stateAt(path);
  if (isSame(path, { was, now }, true)) return;
  const stays = was.kind === "folder" && now.kind === "folder";
  // a file or a link is replaced by moving the old one over it
  const goes = was.kind === "absent" || was.kind === "folder" || now.kind === "folder";
  if (goes && !stays) removeTree(path);
  if (was.kind === "folder" && !stays) mkdirSync(path, { mode: 0o700 });
  if (was.kind === "folder") chmodSync(path, was.mode);
  if (was.kind === "file") lay(path, (aside) => fill(aside, objects.path(was.hash), was));
  if (was.kind === "link") lay(path, (aside) => symlinkSync(was.to, aside));
}

// beside it first, so that a crash leaves the one or the other
function lay(path: string, make: (aside: string) => void): void {
  const aside = `${dirname(path)}/.nanocoder-${randomUUID()}.tmp`;
  try {
    make(aside);
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

type Dress = Extract<Guarded, { kind: "file" }>;

// the owner first: changing it takes the set-id bits away
function fill(path: string, content: string, { mode, uid, gid }: Dress): void {
  copyFileSync(content, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  try {
    chownSync(path, uid, gid);
  } catch (error) {
    if (errorCode(error) !== "EPERM") throw error;
  }
  chmodSync(path, mode);
}

function keptContent({ path, now }: Difference, { objects }: Guard): string | undefined {
  if (now.kind !== "file" || now.size > KEPT) return undefined;
  try {
    return objects.path(objects.keep(path, now.size));
  } catch {
    return undefined;
  }
}

// a folder that is not to be written is open for the moment
function within(folder: string, work: (at: (name: string) => string) => void): void {
  const open = anchor(folder);
  const self = open.path(".");
  const stat = look(self);
  const mode = stat === undefined ? 0o700 : modeOf(stat);
  try {
    if ((mode & 0o300) !== 0o300) chmodSync(self, mode | 0o300);
    work((name) => open.path(name));
  } finally {
    if ((mode & 0o300) !== 0o300) chmodSync(self, mode);
    open.close();
  }
}

function depth(path: string): number {
  return path.split("/").length;
}
