import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { errorCode, fileReason, makeFolder, realTarget } from "../platform/files.js";
import { shownPath } from "../platform/walk.js";
import { writePrivate } from "../platform/write-whole.js";
import { below, type Choice, choose } from "./matching.js";
import { digest, Objects } from "./objects.js";
import { look, modeOf, stampOf } from "./path-state.js";

/** What stands at a guarded path. `chosen` is a folder that is guarded itself, not for what lies in it. */
export type Guarded =
  | { kind: "absent" | "other" }
  | { kind: "file"; hash: string; mode: number; size: number; stamp: string; uid: number; gid: number }
  | { kind: "link"; to: string }
  | { kind: "folder"; mode: number; chosen: boolean };

/** Files as they were, by absolute path. `digest` is the SHA-256 of what is on disk of it: who keeps it elsewhere sees it forged. */
export type Guard = {
  root: string;
  folder: string;
  digest: string;
  entries: ReadonlyMap<string, Guarded>;
  choice: Choice;
  objects: Objects;
};

export type GuardOptions = {
  /** The workspace, links resolved. */
  root: string;
  /** The goal's own folder, links resolved: the snapshot is kept there, for its user alone. */
  folder: string;
  /** From the workspace; `.git` is never guarded. */
  globs: readonly string[];
  /** Single files besides, absolute; they may lie outside of the workspace. */
  files: readonly string[];
};

/** What was found changed: a path as it is told, and what happened to it, in words. */
export type Difference = { path: string; was: Guarded; now: Guarded };

/** A file written within this many milliseconds may be written again without a change of its stamp. */
const TICK = 100;
/** Contents up to so many bytes in all are read at each look; of the rest a stamp that stayed the same is believed. */
const READ = 16 * 1024 * 1024;
const ABSENT: Guarded = { kind: "absent" };

/** Takes a snapshot of all that globs and names choose, also that a named file is not there, and saves it. */
export async function guard({ root, folder, globs, files }: GuardOptions): Promise<Guard> {
  makeFolder(folder, 0o700);
  const choice = await choose(root, globs);
  const objects = new Objects(join(folder, "objects"));
  const entries = new Map<string, Guarded>();
  const add = (path: string) => {
    for (const above of foldersAbove(path, root)) if (!entries.has(above)) entries.set(above, keep(above, choice));
    entries.set(path, keep(path, choice, objects));
    return entries.get(path);
  };
  for (const { path } of below(root, choice)) if (choice.has(path)) addWithTarget(join(root, path), { root, add });
  for (const path of files) addWithTarget(path, { root, add });
  const text = JSON.stringify({ version: 1, root, globs, entries: [...entries] });
  writePrivate(snapshotIn(folder), text);
  return { root, folder, digest: hashOf(text), entries, choice, objects };
}

/** The snapshot that was saved in a goal's folder; undefined when there is none. Throws when it is not the one of that digest. */
export async function savedGuard(folder: string, wanted: string): Promise<Guard | undefined> {
  const text = slurp(snapshotIn(folder));
  if (text === undefined) return undefined;
  if (hashOf(text) !== wanted)
    throw new Error(`${snapshotIn(folder)} is not what was written there when the goal began: start the goal anew.`);
  const { root, globs, entries }: { root: string; globs: string[]; entries: [string, Guarded][] } = JSON.parse(text);
  const objects = new Objects(join(folder, "objects"));
  return { root, folder, digest: wanted, entries: new Map(entries), choice: await choose(root, globs), objects };
}

/** What is not as it was. Nothing is changed. */
export function differences(guard: Guard): Difference[] {
  const changed = notAsBefore(guard);
  // what is in a folder that came goes with it
  const folders = changed.filter(({ was, now }) => now.kind === "folder" && was.kind !== "folder");
  return [...changed, ...created(guard, new Set(folders.map(({ path }) => path)))];
}

function notAsBefore({ entries }: Guard): Difference[] {
  const found: Difference[] = [];
  let left = READ;
  let unseen: string | undefined;
  for (const [path, was] of entries) {
    const now = unlessClosed(() => stateAt(path));
    unseen ??= now === undefined ? path : undefined;
    if (now === undefined) continue;
    if (was.kind === "file" && now.kind === "file") left -= was.size;
    if (!isSame(path, { was, now }, left > 0)) found.push({ path, was, now });
  }
  // else a folder above it is among what was found, and it is seen when that is put back
  if (unseen !== undefined && found.length === 0) throw new Error(`${unseen} is protected, but cannot be looked at.`);
  return found;
}

function created({ root, entries, choice }: Guard, folders: Set<string>): Difference[] {
  const found: Difference[] = [];
  for (const { path } of below(root, choice)) {
    const full = join(root, path);
    if (entries.has(full) || !choice.has(path) || foldersAbove(full, root).some((above) => folders.has(above)))
      continue;
    const now = unlessClosed(() => stateAt(full));
    if (now === undefined) continue;
    if (now.kind === "folder") folders.add(full);
    found.push({ path: full, was: ABSENT, now });
  }
  return found;
}

/** A difference as a sentence's end: "tests/a.py was deleted". */
export function toldDifference(root: string, { path, was, now }: Difference): string {
  return `${shownPath(root, path)} ${whatHappened(was, now)}`;
}

function whatHappened(was: Guarded, now: Guarded): string {
  if (was.kind === "absent") return "was created";
  if (now.kind === "absent") return "was deleted";
  if (now.kind === "link") return `was replaced by a link to ${now.to}`;
  if (now.kind !== was.kind) return `was replaced by ${now.kind === "folder" ? "a folder" : "something else"}`;
  const resized = was.kind === "file" && now.kind === "file" && was.size !== now.size;
  if ("mode" in was && "mode" in now && was.mode !== now.mode && !resized)
    return `had its mode changed from ${was.mode.toString(8)} to ${now.mode.toString(8)}`;
  return "was changed";
}

type Adding = { root: string; add(path: string): Guarded | undefined };

// behind a link of the workspace lies what is meant
function addWithTarget(path: string, { root, add }: Adding): void {
  if (add(path)?.kind !== "link") return;
  const target = realTarget("/", path);
  if (!isBelow(target, root) || look(target)?.isDirectory()) return;
  add(target);
}

function foldersAbove(path: string, root: string): string[] {
  const found: string[] = [];
  for (let at = dirname(path); isBelow(at, root) && at !== root; at = dirname(at)) found.unshift(at);
  return found;
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function keep(path: string, choice: Choice, objects?: Objects): Guarded {
  try {
    const state = stateAt(path);
    if (state.kind === "folder") return { ...state, chosen: choice.has(path.slice(choice.root.length + 1)) };
    if (state.kind !== "file" || objects === undefined) return state;
    const hash = objects.keep(path, state.size);
    // what may be written again within its stamp is read at each look
    const fresh = Number(look(path)?.ctimeNs ?? 0n) / 1e6 > Date.now() - TICK;
    return { ...state, hash, stamp: fresh ? "" : state.stamp };
  } catch (error) {
    throw new Error(`${path} is to be protected, but cannot be read: ${fileReason(error)}.`);
  }
}

/** What stands at a path, no link followed; the content of a file is not read. */
export function stateAt(path: string): Guarded {
  const stat = look(path);
  if (stat === undefined) return ABSENT;
  if (stat.isSymbolicLink()) return { kind: "link", to: readlinkSync(path) };
  const mode = modeOf(stat);
  if (stat.isDirectory()) return { kind: "folder", mode, chosen: false };
  if (!stat.isFile()) return { kind: "other" };
  const owner = { uid: Number(stat.uid), gid: Number(stat.gid) };
  return { kind: "file", hash: "", mode, size: Number(stat.size), stamp: stampOf(stat), ...owner };
}

/** Whether what stands at a path is what was there; without `read` a stamp that stayed the same is believed. */
export function isSame(path: string, { was, now }: Omit<Difference, "path">, read: boolean): boolean {
  if (was.kind === "link") return now.kind === "link" && was.to === now.to;
  if (was.kind === "folder") return now.kind === "folder" && (was.chosen ? was.mode === now.mode : isOpen(was, now));
  if (was.kind !== "file" || now.kind !== "file") return was.kind === now.kind;
  if (was.mode !== now.mode || was.size !== now.size) return false;
  return (!read && was.stamp === now.stamp) || contentIs(path, was.hash);
}

// of a folder that is not guarded itself it matters only that what lies in it can be reached
function isOpen(was: { mode: number }, now: { mode: number }): boolean {
  return (was.mode & ~now.mode & 0o700) === 0;
}

function contentIs(path: string, hash: string): boolean {
  try {
    return digest(path) === hash;
  } catch {
    return false;
  }
}

function unlessClosed<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (errorCode(error) === "EACCES") return undefined;
    throw error;
  }
}

function snapshotIn(folder: string): string {
  return join(folder, "guarded.json");
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function slurp(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
