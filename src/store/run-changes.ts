import { readFileSync } from "node:fs";
import { statOf } from "../platform/files.js";
import { journalPath, objectsOf, type Place } from "./checkpoints.js";
import { readHistory } from "./journal.js";
import { digest } from "./objects.js";
import { ownStateOf, type PathState, same } from "./path-state.js";

/** A file that some calls changed. `before` is undefined where nobody kept what it was; `gone`: it is there no more. */
export type Changed = { path: string; before: PathState | undefined; gone: boolean };

export type CallsOf = { session: string; calls: ReadonlySet<string>; edited: readonly string[] };

/** The largest file that is read, in bytes, and how many changed paths are looked at. */
const MOST = { size: 2 * 1024 * 1024, paths: 500 };

/**
 * The files that calls of a session changed, against what they were before the first of these calls. What they
 * made and removed again is left out. `edited` are paths that results tell of: they count also without a checkpoint.
 */
export function changedBy({ session, calls, edited }: CallsOf, place: Place): Changed[] {
  const before = new Map<string, PathState | undefined>();
  for (const call of readHistory(journalPath(place), place.root).calls) {
    if (call.session !== session || !calls.has(call.callId)) continue;
    for (const { path, before: was } of call.paths) if (!before.has(path)) before.set(path, was);
  }
  for (const path of edited) if (!before.has(path)) before.set(path, undefined);
  return [...before]
    .filter(([path]) => path.startsWith(`${place.root}/`))
    .slice(0, MOST.paths)
    .flatMap(([path, was]) => changedNow(path, was));
}

function changedNow(path: string, before: PathState | undefined): Changed[] {
  const now = attempt(() => ownStateOf(path, digest));
  if (now === undefined || (before && same(before, now))) return [];
  if (now.kind === "absent")
    return before?.kind === "file" || before?.kind === "unkept" ? [{ path, before, gone: true }] : [];
  return now.kind === "file" ? [{ path, before, gone: false }] : [];
}

/** A file's text; undefined when it is too large or not UTF-8. */
export function textNow(path: string): string | undefined {
  return attempt(() => ((statOf(path)?.size ?? 0) > MOST.size ? undefined : utf8(readFileSync(path))));
}

/** Its text before: null when there was no such file, undefined when it is not known. */
export function textBefore({ before }: Changed, place: Place): string | null | undefined {
  if (before === undefined || before.kind === "unkept") return undefined;
  if (before.kind !== "file") return null;
  return attempt(() => utf8(objectsOf(place).read(before.hash)));
}

/** Bytes that a path held before; undefined when they are not known. */
export function bytesBefore({ before }: Changed, place: Place): Buffer | undefined {
  return before?.kind === "file" ? attempt(() => objectsOf(place).read(before.hash)) : undefined;
}

function utf8(bytes: Buffer): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
