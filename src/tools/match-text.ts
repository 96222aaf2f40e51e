import { characterFolds, keepingEndings } from "./character-folds.js";
import { absent, ambiguous } from "./edit-refusal.js";
import { type Found, type Hit, isCrlf, lineAt, occurrences, type Wanted, withEndingsOf } from "./find-text.js";
import { indentFolds } from "./indent-folds.js";

/**
 * Where a change goes and what it writes there: the exact text, or else the one place that a fold without loss finds.
 * Each fold matches line by line, so that no place is longer than old_text. Throws a sentence for all else.
 */
export async function matchText(path: string, content: string, change: Wanted): Promise<Found> {
  const exact = exactly(content, change);
  if (exact.hits.length > 0)
    return change.all ? onlyExact(path, content, { exact, change }) : one(path, content, exact);
  for (const found of folds(content, change)) {
    const ends = found.ignored === "line ends";
    if (found.hits.length > 0) return change.all && ends ? found : one(path, content, found);
  }
  throw new Error(await absent(path, content, change));
}

function folds(content: string, change: Wanted): Found[] {
  return [...lastNewline(content, change), ...characterFolds(content, change), ...indentFolds(content, change)];
}

function one(path: string, content: string, found: Found): Found {
  if (found.hits.length > 1) throw new Error(ambiguous(path, content, found));
  return found;
}

function exactly(content: string, wanted: Wanted): Found {
  const sample = isCrlf(content) ? "\r\n" : "";
  return {
    hits: occurrences(content, wanted),
    async textFor({ from, to }) {
      const place = content.slice(from, to);
      const fresh = withEndingsOf(place, sample, wanted.fresh);
      const mixed = place.includes("\r\n") && !isCrlf(place);
      return mixed ? keepingEndings(place, { ...wanted, fresh }) : fresh;
    },
  };
}

// what differs only in a fold may have been meant too, or not
function onlyExact(path: string, content: string, { exact, change }: { exact: Found; change: Wanted }): Found {
  const { hits } = exact;
  const others = /[\p{L}\p{N}]/u.test(change.old) ? alike(content, change, hits) : undefined;
  if (others === undefined) return exact;
  throw new Error(
    `old_text stands ${hits.length} times in ${path}, and nearly so in line ${lineAt(content, others.from)}, where only ${others.ignored} differ. Edit these places one by one, with lines around them, or make that line like the others first. Nothing was changed.`,
  );
}

function alike(content: string, change: Wanted, exact: readonly Hit[]): { from: number; ignored: string } | undefined {
  const shifted = change.old.trimEnd().includes("\n") ? indentFolds(content, change) : [];
  for (const { hits, ignored = "" } of [...characterFolds(content, change), ...shifted]) {
    const other = hits.find((hit) => !overlaps(exact, hit));
    if (other !== undefined) return { from: other.from, ignored };
  }
  return undefined;
}

// of sorted places that are equally long the last that begins before the end of this one tells
function overlaps(sorted: readonly Hit[], { from, to }: Hit): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.from ?? 0) < to) low = middle + 1;
    else high = middle;
  }
  return (sorted[low - 1]?.to ?? 0) > from;
}

// old_text ends with a line end, the file does not
function lastNewline(content: string, { old, fresh }: Wanted): Found[] {
  if (!old.endsWith("\n") || content.endsWith("\n")) return [];
  const bare = old.replace(/\r?\n$/, "").replaceAll("\r\n", "\n");
  const tail = [bare, bare.replaceAll("\n", "\r\n")].find((each) => each !== "" && content.endsWith(each));
  if (tail === undefined) return [];
  return [
    {
      hits: [{ from: content.length - tail.length, to: content.length }],
      ignored: "the newline at the end, which the file has not",
      textFor: async () => withEndingsOf(tail, content, fresh.replace(/\r?\n$/, "")),
    },
  ];
}
