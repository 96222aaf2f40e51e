import { UsageError } from "../app/usage-error.js";
import { nearest, visible } from "../platform/text.js";
import { forgetMemories } from "../store/memories.js";
import type { Memory } from "../store/memory-file.js";
import { ageOf } from "../store/memory-line.js";
import type { MemoryPlace } from "../store/memory-place.js";
import { cutTo } from "./columns.js";

/** Memories that a search shows. */
export const SHOWN = 10;

/** Memories as lines of a table, cut to the columns of a terminal where there is one. */
export function tableOf(memories: readonly Memory[], columns: number | undefined): string[] {
  const rows = memories.map((memory) => {
    const { id, scope, importance, text } = memory;
    return `${id}  ${scope.padEnd(7)}  ${ageOf(memory).padStart(6)}  ${importance.toFixed(1)}  ${visible(text)}`;
  });
  const lines = [`${"ID".padEnd(8)}  SCOPE       AGE  IMP  TEXT`, ...rows];
  return lines.map((line) => (columns === undefined ? line : cutTo(line, columns)));
}

/** `list` is the command that shows the ids. */
type Wish = { ids: readonly string[]; list: string };

/** Forgets memories by unambiguous beginnings of their ids; gives them. Throws a UsageError for one that is not there, before any is forgotten. */
export async function forgetThese(
  place: MemoryPlace,
  memories: readonly Memory[],
  { ids, list }: Wish,
): Promise<Memory[]> {
  const chosen = [...new Set(ids.map((id) => chosenBy(id, memories, list)))];
  await forgetMemories(
    place,
    chosen.map(({ id }) => id),
  );
  return chosen;
}

function chosenBy(id: string, memories: readonly Memory[], list: string): Memory {
  const found = memories.filter((memory) => memory.id.startsWith(id));
  const [only, another] = found;
  if (only && !another) return only;
  if (another) {
    const ids = found.slice(0, 5).map((memory) => memory.id);
    throw new UsageError(`"${id}" is the beginning of ${found.length} memories: ${ids.join(", ")}. Give more of it.`);
  }
  const beginnings = new Map(memories.map((memory) => [memory.id.slice(0, id.length), memory.id]));
  const [near = ""] = nearest(id, [...beginnings.keys()]);
  const meant = beginnings.get(near);
  const hint = meant === undefined ? `See ${list}.` : `Did you mean ${meant}?`;
  throw new UsageError(`There is no memory "${id}" in this folder. ${hint}`);
}
