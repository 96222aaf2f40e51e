import { type Dirent, readdirSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { fileReason } from "../platform/files.js";
import type { Objects } from "./objects.js";
import { ABSENT, type Change, changed, isOwnFolder, look, modeOf, type PathState, stampOf } from "./path-state.js";

/** Of one listing: contents of at most so many files and bytes, none larger than `file`; milliseconds to look and in all. */
const MOST = { files: 5000, bytes: 64 * 1024 * 1024, file: 1024 * 1024, look: 200, all: 400 };
/** A file written within this many milliseconds may be written again without a change of its stamp. */
const TICK = 100;
/** The longest stretch without letting others run, in milliseconds. */
const STRETCH = 20;
/** What git keeps itself, what is installed, and what builds and caches fill with thousands of files. */
export const NEVER_ENTERED: ReadonlySet<string> = new Set(
  ".git node_modules .venv __pycache__ target .next .nuxt .gradle .tox .mypy_cache .pytest_cache .cache .turbo".split(
    " ",
  ),
);

type Entry = { stamp: string; fresh: boolean; state: PathState };

/** A folder's files, links and folders. `folders` were read whole; `gaps` says why others were not. */
export type Listing = { root: string; entries: Map<string, Entry>; folders: Set<string>; gaps: string[] };

export type ListingOptions = {
  root: string;
  objects: Objects;
  /** Folders not to enter besides the ones that are never entered. */
  skip: readonly string[];
  /** An earlier listing: contents of files that have not changed since are not read again. */
  past: Listing | undefined;
  /** `changed`: contents of files that the earlier listing has and could not keep are not tried again. */
  keep: "all" | "changed";
};

/** Lists a folder and keeps the contents of its files, within bounds. */
export async function list(options: ListingOptions): Promise<Listing> {
  const began = performance.now();
  const pause = pauses();
  const listing: Listing = { root: options.root, entries: new Map(), folders: new Set(), gaps: [] };
  const queue = [options.root];
  // breadth first: what lies near the top is looked at whatever lies below
  for (const folder of queue) {
    for (const below of readFolder(folder, listing, { skip: options.skip, until: began + MOST.look }))
      queue.push(below);
    if (performance.now() - began > MOST.look) break;
    await pause();
  }
  if (!queue.every((folder) => listing.folders.has(folder)) && listing.gaps.length === 0) {
    listing.gaps.push(`only ${listing.entries.size} paths of the workspace could be looked at in ${MOST.look} ms`);
  }
  await keepContents(listing, options, began + MOST.all);
  return listing;
}

/** What changed from one listing to a later one of the same folder. */
export function changes(before: Listing, after: Listing): Change[] {
  const found: Change[] = [];
  const own = new Map<string, boolean>();
  const isOwn = (folder: string) => own.get(folder) ?? own.set(folder, isOwnFolder(folder)).get(folder) ?? false;
  for (const [path, { state }] of before.entries) {
    const folder = dirname(path);
    // where time ran out before it was reached, it counts as unchanged unless it is gone
    const gone = () => after.folders.has(folder) || !isOwn(folder) || look(path) === undefined;
    const now = after.entries.get(path)?.state ?? (gone() ? ABSENT : state);
    if (changed(state, now)) found.push({ path, before: state, after: now });
  }
  // breadth first, so that a new folder comes before what is in it
  const known = new Set(before.folders);
  for (const [path, { state }] of after.entries) {
    if (!known.has(dirname(path))) continue;
    const was = before.entries.get(path)?.state.kind;
    // of a folder that was none before, everything is new
    if (state.kind === "folder" && was !== "folder") known.add(path);
    if (was !== undefined) continue;
    found.push({ path, before: ABSENT, after: state });
  }
  return found;
}

/** Whether a listing tells more or other things than an earlier one. */
export function differs(listing: Listing, past: Listing | undefined): boolean {
  if (past === undefined || listing.entries.size !== past.entries.size) return true;
  for (const [path, entry] of listing.entries) if (past.entries.get(path) !== entry) return true;
  return false;
}

export function toText({ root, entries, folders, gaps }: Listing): string {
  return JSON.stringify({ root, gaps, folders: [...folders], entries: [...entries] });
}

/** Reads what `toText` wrote; undefined when it is of another folder or cannot be read. */
export function fromText(text: string, root: string): Listing | undefined {
  try {
    const { entries, folders, gaps, ...of } = JSON.parse(text);
    return of.root === root ? { root, gaps, folders: new Set(folders), entries: new Map(entries) } : undefined;
  } catch {
    return undefined;
  }
}

type Within = { skip: readonly string[]; until: number };

function readFolder(folder: string, listing: Listing, { skip, until }: Within): string[] {
  const below: string[] = [];
  try {
    for (const dirent of readdirSync(folder, { withFileTypes: true })) {
      if (performance.now() > until) return below;
      const path = join(folder, dirent.name);
      if (dirent.isDirectory() && (NEVER_ENTERED.has(dirent.name) || skip.includes(path))) continue;
      const entry = entryOf(path, dirent);
      if (entry === undefined) continue;
      listing.entries.set(path, entry);
      if (entry.state.kind === "folder") below.push(path);
    }
    listing.folders.add(folder);
    return below;
  } catch (error) {
    listing.gaps.push(`${folder} cannot be read (${fileReason(error)})`);
    return below;
  }
}

function entryOf(path: string, dirent: Dirent): Entry | undefined {
  if (dirent.isSymbolicLink()) return { stamp: "", fresh: false, state: { kind: "link", to: readlinkSync(path) } };
  const stat = dirent.isFile() || dirent.isDirectory() ? look(path) : undefined;
  if (stat === undefined) return undefined;
  const mode = modeOf(stat);
  if (stat.isDirectory()) return { stamp: "", fresh: false, state: { kind: "folder", mode } };
  const stamp = stampOf(stat);
  const fresh = Number(stat.ctimeNs / 1_000_000n) > Date.now() - TICK;
  return { stamp, fresh, state: { kind: "unkept", mode, size: Number(stat.size), stamp } };
}

async function keepContents(listing: Listing, options: ListingOptions, until: number): Promise<void> {
  const pause = pauses();
  const left = { files: MOST.files, bytes: MOST.bytes };
  for (const [path, entry] of listing.entries) {
    const past = options.past?.entries.get(path);
    if (past && isStill(past, entry, options)) listing.entries.set(path, past);
    else if (entry.state.kind === "unkept" && fits(entry.state.size, left) && performance.now() < until) {
      entry.state = kept(path, entry, options.objects);
    }
    const now = listing.entries.get(path)?.state;
    if (now?.kind === "file") {
      left.files -= 1;
      left.bytes -= now.size;
    }
    await pause();
  }
}

function isStill(past: Entry, now: Entry, { objects, keep }: ListingOptions): boolean {
  if (past.state.kind === "file") return past.stamp === now.stamp && !past.fresh && objects.has(past.state.hash);
  if (past.state.kind === "unkept")
    return past.stamp === now.stamp && (keep === "changed" || past.state.size > MOST.file);
  return now.state.kind !== "unkept" && !changed(past.state, now.state);
}

function fits(size: number, left: { files: number; bytes: number }): boolean {
  return size <= MOST.file && size <= left.bytes && left.files > 0;
}

// a file that goes or may not be read stays unkept
function kept(path: string, { state, stamp }: Entry, objects: Objects): PathState {
  if (state.kind !== "unkept") return state;
  try {
    return { kind: "file", hash: objects.keep(path, state.size), mode: state.mode, size: state.size, stamp };
  } catch {
    return state;
  }
}

function pauses(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < STRETCH) return undefined;
    return breathe().then(() => {
      since = performance.now();
    });
  };
}
