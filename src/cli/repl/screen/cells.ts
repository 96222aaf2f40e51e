import { visibleWidth } from "@earendil-works/pi-tui";
import { visible } from "../../../platform/text.js";

// all that acts on a terminal, draws nothing, or passes for a blank; an ideographic space is as wide as it looks
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|[^\P{Zs} \u3000]/gu;
// more marks on one letter than any language needs
const PILED = /(?<=\p{M}{4})\p{M}/gu;

/** A line in which each character is seen: what would hide stands as `\u{202e}`, a tab as four blanks. */
export function laidOpen(line: string): string {
  return line.replaceAll("\t", "    ").replace(PILED, escaped).replace(UNSEEN, escaped);
}

function escaped(char: string): string {
  return `\\u{${char.codePointAt(0)?.toString(16)}}`;
}

/** Words of somebody else on one line. */
export function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, " ").trim();
}

/** Tabs as the spaces that they stand for. */
export function untabbed(line: string): string {
  if (!line.includes("\t")) return line;
  const [first = "", ...parts] = line.split("\t");
  let column = visibleWidth(first);
  const rest = parts.map((part) => {
    const spaces = 4 - (column % 4);
    column += spaces + visibleWidth(part);
    return " ".repeat(spaces) + part;
  });
  return first + rest.join("");
}

export function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

const SEGMENTS = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** Characters of a text that are taken apart at once: it takes more than linear time. */
const PIECE = 1000;

/** What a person takes for characters, one by one. */
export function* graphemesOf(text: string): Generator<string> {
  if (isAscii(text)) {
    yield* text;
    return;
  }
  for (let at = 0; at < text.length; ) {
    let to = at + PIECE;
    // nothing joins these to what stands before them
    while (to < text.length && !/[\x20-\x7e\u3001-\u9fff]/.test(text.charAt(to))) to += 1;
    for (const { segment } of SEGMENTS.segment(text.slice(at, to))) yield segment;
    at = to;
  }
}

/** A character as it is seen, and in how many cells. */
export type Cell = { char: string; width: number };

/** The characters of a text; one that would take more than two cells is taken apart. */
export function cellsOf(text: string): Cell[] {
  if (isAscii(text)) return Array.from(text, (char) => ({ char, width: 1 }));
  return Array.from(graphemesOf(text)).flatMap((char) => {
    const width = visibleWidth(char);
    if (width <= 2) return [{ char, width }];
    return Array.from(char, (part) => ({ char: part, width: visibleWidth(part) }));
  });
}

export function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width, 0);
}

/** As many of the first characters as fit. */
export function fitting(cells: readonly Cell[], columns: number): readonly Cell[] {
  let used = 0;
  const over = cells.findIndex(({ width }) => {
    used += width;
    return used > columns;
  });
  return over < 0 ? cells : cells.slice(0, over);
}

export function joined(cells: readonly Cell[]): string {
  return cells.map(({ char }) => char).join("");
}

/** As much of the end of a plain text as fits. */
export function endOf(text: string, columns: number): string {
  const cells = cellsOf(text.slice(-columns * 20)).reverse();
  return joined(fitting(cells, columns).toReversed());
}
