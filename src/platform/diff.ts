/** Beyond this a diff is counted, not shown: comparing costs the square of the changed lines. */
const MOST = { bytes: 2 * 1024 * 1024, time: 1000 };

export type Diff = { text: string; added: number; removed: number };

/** A unified diff with three lines of context; `text` is empty when the texts are too large or too different to compare. */
export async function unifiedDiff(path: string, before: string, after: string): Promise<Diff> {
  if (before.length + after.length > MOST.bytes) return counted(before, after);
  const { structuredPatch, formatPatch } = await import("diff");
  const patch = structuredPatch(path, path, before, after, undefined, undefined, { context: 3, timeout: MOST.time });
  if (patch === undefined) return counted(before, after);
  const lines = patch.hunks.flatMap((hunk) => hunk.lines);
  const added = lines.filter((line) => line.startsWith("+")).length;
  const removed = lines.filter((line) => line.startsWith("-")).length;
  const shown = formatPatch(patch).replace(/^(Index: .*\n)?=+\n/, "");
  return { text: shown, added, removed };
}

// what is left after the lines that both begin and end with
function counted(before: string, after: string): Diff {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const least = Math.min(old.length, now.length);
  let same = 0;
  while (same < least && old[same] === now[same]) same += 1;
  let end = 0;
  while (end < least - same && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  return { text: "", added: now.length - same - end, removed: old.length - same - end };
}
