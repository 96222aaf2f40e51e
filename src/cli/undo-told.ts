import { visible } from "../platform/text.js";
import { shownPath } from "../platform/walk.js";
import { objectsOf, type Place } from "../store/checkpoints.js";
import type { Conflict } from "../store/plan.js";
import type { Reversal } from "../store/undo.js";
import { contentOf, currentContent, diffOf } from "./undo-list.js";

export type Done = Extract<Reversal, { type: "done" }>;
/** What became of a path; `kept` is a folder that was to go and holds something else. */
export type Became = "kept" | "removed" | "back" | "restored";

/** What an undo or a redo did, path by path as people write them. */
export function stepsOf({ root }: Place, { steps, kept }: Done): { became: Became; path: string }[] {
  return steps.map(({ path, from, to }) => {
    const moved = to.kind === "absent" ? "removed" : from.kind === "absent" ? "back" : "restored";
    return { became: kept.has(path) ? "kept" : moved, path: visible(shownPath(root, path)) };
  });
}

/** Why each path may not be touched, with what the work left (-) against what is there now (+). */
export function clashesOf(
  place: Place,
  conflicts: readonly Conflict[],
): Promise<{ path: string; why: string; diff: string }[]> {
  const objects = objectsOf(place);
  const clashes = conflicts.map(async ({ path, left, now, why }) => {
    const name = visible(shownPath(place.root, path));
    const diff = await diffOf(name, left && contentOf(left, objects), currentContent(path, now));
    return { path: name, why: visible(why), diff };
  });
  return Promise.all(clashes);
}
