import { randomBytes } from "node:crypto";
import { isAlive } from "../platform/alive.js";
import { makeFolder } from "../platform/files.js";
import { checkpointFolder, journalPath, objectsOf, type Place, savedListing } from "./checkpoints.js";
import { appendLine, type CallRecord, type History, readHistory } from "./journal.js";
import { changes, list } from "./listing.js";
import { takeLock } from "./lock.js";
import { digest } from "./objects.js";
import { type Change, ownStateOf, type PathState } from "./path-state.js";
import { type Conflict, type Plan, plan, type Step, workOf } from "./plan.js";
import { replaceAll } from "./replace.js";

/** What one prompt wrote: its calls in order, and when the last of them began. */
export type PromptWork = { session: string; prompt: number; at: number; calls: CallRecord[] };

/** `kept` are folders that were to go and hold something else. */
export type Reversal =
  | { type: "done"; steps: Step[]; kept: ReadonlySet<string>; notes: string[] }
  | { type: "refused"; conflicts: Conflict[] };

/** What can be taken back, the newest prompt first. A prompt that wrote nothing is not there. */
export function promptsOf(place: Place): PromptWork[] {
  const { calls, undone } = history(place);
  const byPrompt = new Map<string, PromptWork>();
  for (const call of calls) {
    if (undone.has(call.id) || !(call.open || call.paths.length > 0 || call.partial)) continue;
    const key = `${call.session} ${call.prompt}`;
    const work = byPrompt.get(key) ?? { session: call.session, prompt: call.prompt, at: call.at, calls: [] };
    // the newest call says where a prompt stands
    byPrompt.delete(key);
    byPrompt.set(key, { ...work, at: call.at, calls: [...work.calls, call] });
  }
  return [...byPrompt.values()].reverse();
}

/** Takes back what the newest prompts wrote: all of it, or nothing where somebody else changed a file since. */
export function undo(place: Place, count: number): Promise<Reversal> {
  return alone(place, async () => {
    const prompts = promptsOf(place);
    if (prompts.length < count) throw new Error(tooMany(place, prompts.length));
    const chosen = new Set(prompts.slice(0, count).flatMap(({ calls }) => calls.map(({ id }) => id)));
    const calls = history(place).calls.filter(({ id }) => chosen.has(id));
    const told = await Promise.all(calls.map((call) => (call.open ? cutShort(place, call) : call)));
    const planned = plan(told.reverse().map(workOf), current);
    const open = told.filter((call) => call.open);
    return revert(place, planned, { type: "undo", of: [...chosen], close: open });
  });
}

/** Takes back the newest undo. */
export function redo(place: Place): Promise<Reversal> {
  return alone(place, async () => {
    const { redoable } = history(place);
    if (redoable === undefined) throw new Error(`There is no undo of ${place.root} to take back.`);
    const planned = plan([{ paths: redoable.paths, until: redoable.at }], current);
    return revert(place, planned, { type: "redo", of: [redoable.id], close: [] });
  });
}

function history(place: Place): History {
  return readHistory(journalPath(place), place.root);
}

function current(path: string): PathState {
  return ownStateOf(path, digest);
}

function tooMany({ root }: Place, there: number): string {
  if (there === 0) return `There is nothing to undo in ${root}. Name another folder with --cwd.`;
  const most = there === 1 ? "Only one prompt" : `Only ${there} prompts`;
  return `${most} wrote something in ${root}: nothing was changed. See nanocoder undo --list.`;
}

type Line = { type: "undo" | "redo"; of: string[]; close: readonly CallRecord[] };

function revert(place: Place, { steps, conflicts, notes }: Plan, { type, of, close }: Line): Reversal {
  if (conflicts.length > 0) return { type: "refused", conflicts };
  const objects = objectsOf(place);
  // so that it can be taken back: what stands there now is kept, however large
  for (const { path, from } of steps) {
    if (from.kind === "file" && objects.keep(path, from.size) !== from.hash) {
      throw new Error(`${path} is being changed right now. Nothing was changed; try again.`);
    }
  }
  const journal = journalPath(place);
  const kept = replaceAll(steps, objects, (stayed) => {
    const at = Date.now();
    for (const { id, paths } of close) appendLine(journal, { type: "ended", id, at, paths: settled(paths, steps) });
    const paths = steps.filter(({ path }) => !stayed.has(path)).map(asChange);
    appendLine(journal, { type, id: randomBytes(8).toString("hex"), at, root: place.root, of, paths });
  });
  return { type: "done", steps, kept, notes };
}

function asChange({ path, from, to }: Step): Change {
  return { path, before: from, after: to };
}

// what a call that was cut short had written is what was found
function settled(paths: readonly Change[], steps: readonly Step[]): Change[] {
  return paths.flatMap((change) => {
    const found = steps.find(({ path }) => path === change.path);
    return change.after === undefined && found ? [{ ...change, after: found.from }] : [];
  });
}

// what a command that was cut short changed is seen by the listing made before it
async function cutShort(place: Place, call: CallRecord): Promise<CallRecord> {
  if (isAlive(call.pid, call.start)) {
    throw new Error(
      `A ${call.tool} call of session ${call.session} is running (process ${call.pid}): wait or stop it.`,
    );
  }
  const noted = (why: string) => ({ ...call, partial: [call.partial, why].filter(Boolean).join("; ") });
  if (call.listing === undefined) return noted(`a ${call.tool} call was cut short`);
  const past = savedListing(place, call.listing);
  if (past === undefined) return noted("a command was cut short, and its listing of the workspace is gone");
  const now = await list({ keep: "changed", root: place.root, objects: objectsOf(place), skip: [place.home], past });
  const paths = changes(past, now).map(({ path, before }) => ({ path, before }));
  return { ...noted("a command was cut short"), paths };
}

async function alone<T>(place: Place, work: () => Promise<T>): Promise<T> {
  makeFolder(checkpointFolder(place), 0o700);
  const release = lock(`${checkpointFolder(place)}/undo.lock`);
  try {
    return await work();
  } finally {
    release();
  }
}

function lock(path: string): () => void {
  try {
    return takeLock(path);
  } catch {
    throw new Error(`Another undo is at work in this workspace (${path}). Wait for it and try again.`);
  }
}
