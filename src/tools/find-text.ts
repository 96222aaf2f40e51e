/** Where a text stands in a file: from and to in characters. */
export type Hit = { from: number; to: number };

/** The places of a text, what was ignored to find them, and what is to be written at each. */
export type Found = { hits: readonly Hit[]; ignored?: string; textFor(hit: Hit): Promise<string> };

/** A text, what is to stand in its place, and whether all of its places are meant. */
export type Wanted = { old: string; fresh: string; all: boolean };

/** Places that are counted where one is wanted. */
export const COUNTED = 1000;

/** The places of exactly this text: all that do not overlap, or where one is wanted the first 1000, overlaps included. */
export function occurrences(content: string, { old, all }: Pick<Wanted, "old" | "all">): Hit[] {
  const [step, most] = all ? [old.length, Number.POSITIVE_INFINITY] : [1, COUNTED];
  const hits: Hit[] = [];
  for (let at = content.indexOf(old); at >= 0 && hits.length < most; at = content.indexOf(old, at + step)) {
    hits.push({ from: at, to: at + old.length });
  }
  return hits;
}

/** The new text with the line ends of the place it goes to. */
export function withEndingsOf(place: string, content: string, wanted: string): string {
  const crlf = place.includes("\n") ? place.includes("\r\n") : isCrlf(content);
  const unix = wanted.replaceAll("\r\n", "\n");
  return crlf ? unix.replaceAll("\n", "\r\n") : unix;
}

/** Whether all line ends of a text, of which there is at least one, are CRLF. */
export function isCrlf(content: string): boolean {
  return content.includes("\r\n") && !/(?<!\r)\n/.test(content);
}

/** The 1-based line of a position. */
export function lineAt(content: string, position: number): number {
  let line = 1;
  for (let at = content.indexOf("\n"); at >= 0 && at < position; at = content.indexOf("\n", at + 1)) line += 1;
  return line;
}
