import { dirname } from "node:path";
import type { CallRecord } from "./journal.js";
import { type Change, changed, isOwnFolder, look, type PathState, same } from "./path-state.js";

/** What a path is now and what it is to become. */
export type Step = { path: string; from: PathState; to: PathState };

/** A path that is not as the work left it: `left` is that, `now` what stands there. */
export type Conflict = { path: string; left: PathState | undefined; now: PathState; why: string };

/** `notes` are sentences about what cannot be taken back. Nothing may be done when there are conflicts. */
export type Plan = { steps: Step[]; conflicts: Conflict[]; notes: string[] };

/** Some work to take back: a call, or an undo. Where it left no `after`, it may have written until then. */
export type Work = { paths: readonly Change[]; until: number; partial?: string | undefined };

/** How long after its beginning a call that was cut short may still have written, in milliseconds. */
const CUT_SHORT = { command: 600_000, write: 10_000 };

/** Works out how to take back several pieces of work, the newest first, from what stands there now. */
export function plan(works: readonly Work[], current: (path: string) => PathState): Plan {
  const seen: Seen = { from: new Map(), at: new Map(), conflicts: new Map() };
  for (const { paths, until } of works) for (const change of paths) takeBack(change, seen, { until, current });
  const steps = [...seen.from].map(([path, from]) => ({ path, from, to: seen.at.get(path) ?? from }));
  const doable = steps.filter(({ from, to }) => to.kind !== "unkept" && changed(from, to));
  for (const conflict of blocked(doable)) {
    if (!seen.conflicts.has(conflict.path)) seen.conflicts.set(conflict.path, conflict);
  }
  return { steps: doable, conflicts: [...seen.conflicts.values()], notes: notesOn(works, steps) };
}

/** What stands at the paths, what would stand there after what was taken back so far, and what speaks against it. */
type Seen = { from: Map<string, PathState>; at: Map<string, PathState>; conflicts: Map<string, Conflict> };
type Around = { until: number; current(path: string): PathState };

function takeBack({ path, before, after }: Change, { from, at, conflicts }: Seen, { until, current }: Around): void {
  const found = from.get(path) ?? current(path);
  const now = at.get(path) ?? found;
  const why = changed(now, before) ? objection({ path, after, until }, now) : undefined;
  if (why !== undefined && !conflicts.has(path)) conflicts.set(path, { path, left: after, now, why });
  from.set(path, found);
  at.set(path, before);
}

function notesOn(works: readonly Work[], steps: readonly Step[]): string[] {
  const gaps = works.flatMap(({ partial }) => (partial === undefined ? [] : [`Not all of it is known: ${partial}.`]));
  const lost = steps.filter(({ to }) => to.kind === "unkept");
  return [...new Set(gaps), ...lost.map(({ path }) => `${path} is left as it is: its content before was not copied.`)];
}

export function workOf({ paths, at, listing, partial }: CallRecord): Work {
  return { paths, until: at + (listing === undefined ? CUT_SHORT.write : CUT_SHORT.command), partial };
}

type Claim = { path: string; after: PathState | undefined; until: number };

// why a path may not be touched
function objection({ path, after, until }: Claim, now: PathState): string | undefined {
  if (after !== undefined) return same(now, after) ? undefined : difference(after, now);
  const stat = look(path);
  const last = stat === undefined ? 0 : Number(stat.ctimeNs / 1_000_000n);
  if (last <= until) return undefined;
  return "was changed long after the call that was cut short";
}

function difference(left: PathState, now: PathState): string {
  if (now.kind === "absent") return "is gone, or no longer reached without a link";
  if (left.kind === "absent") return "is there again";
  if (now.kind === "link") return `is now a link to ${now.to}`;
  if (now.kind === "folder") return "is now a folder";
  if (left.kind === "folder" || left.kind === "link") return `is no longer a ${left.kind}`;
  if (left.kind === "file" && now.kind === "file" && left.hash === now.hash) {
    return `has the mode ${now.mode.toString(8)}; the work left it with ${left.mode.toString(8)}`;
  }
  return "was changed since";
}

// what would be written through a link, or into a file
function blocked(steps: readonly Step[]): Conflict[] {
  const becomes = new Map(steps.map(({ path, to }) => [path, to]));
  return steps.flatMap(({ path, from, to }) => {
    if (to.kind === "absent") return [];
    const above = firstAbove(path, becomes);
    if (becomes.get(above)?.kind === "folder" || isOwnFolder(above)) return [];
    return [{ path, left: undefined, now: from, why: `cannot be reached: ${above} is no longer a folder of its own` }];
  });
}

// the nearest folder above that a step makes, or that is there
function firstAbove(path: string, becomes: ReadonlyMap<string, PathState>): string {
  let at = dirname(path);
  while (!becomes.has(at) && look(at) === undefined && dirname(at) !== at) at = dirname(at);
  return at;
}
