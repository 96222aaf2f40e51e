/** Where a text stands in a file: from and to in characters. `endings` tells that line ends were folded to match. */
export type Hit = { from: number; to: number };
export type Search = { hits: Hit[]; folded: boolean };

/** All places of a text that do not overlap; when there is none, those where only CRLF and LF differ. */
export function findText(content: string, wanted: string): Search {
  const exact = occurrences(content, wanted);
  if (exact.length > 0 || !(content.includes("\r\n") || wanted.includes("\r\n"))) return { hits: exact, folded: false };
  return { hits: foldedOccurrences(content, wanted), folded: true };
}

/** The new text with the line ends of the place it goes to. */
export function withEndingsOf(place: string, content: string, wanted: string): string {
  const crlf = place.includes("\n") ? place.includes("\r\n") : content.includes("\r\n") && !/[^\r]\n/.test(content);
  const unix = wanted.replaceAll("\r\n", "\n");
  return crlf ? unix.replaceAll("\n", "\r\n") : unix;
}

/** The 1-based line of a position. */
export function lineAt(content: string, position: number): number {
  let line = 1;
  for (let at = content.indexOf("\n"); at >= 0 && at < position; at = content.indexOf("\n", at + 1)) line += 1;
  return line;
}

function occurrences(content: string, wanted: string): Hit[] {
  const hits: Hit[] = [];
  for (let at = content.indexOf(wanted); at >= 0; at = content.indexOf(wanted, at + wanted.length)) {
    hits.push({ from: at, to: at + wanted.length });
  }
  return hits;
}

function foldedOccurrences(content: string, wanted: string): Hit[] {
  const { text, origin } = fold(content);
  return occurrences(text, wanted.replaceAll("\r\n", "\n")).map(({ from, to }) => ({
    from: origin(from),
    to: origin(to),
  }));
}

// LF only, and the way back: a position after k line ends that were CRLF lies k characters further on
function fold(content: string): { text: string; origin: (position: number) => number } {
  const ends: number[] = [];
  for (let at = content.indexOf("\r\n"); at >= 0; at = content.indexOf("\r\n", at + 2)) ends.push(at - ends.length);
  return { text: content.replaceAll("\r\n", "\n"), origin: (position) => position + before(ends, position) };
}

function before(sorted: readonly number[], position: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
