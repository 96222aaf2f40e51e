import { truncateToWidth, visibleWidth } from "@earendil-works/pi-tui";
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
  return visible(text).replace(/\s+/g, " ");
}

/** A plain text cut to a width, with a sign where something is missing. */
export function cut(text: string, columns: number): string {
  return columns <= 0 ? "" : truncateToWidth(text, columns, "…").replaceAll("\u001b[0m", "");
}

/** A plain text cut or filled up to a width. */
export function fitted(text: string, columns: number): string {
  const short = cut(text, columns);
  return short + " ".repeat(Math.max(0, columns - visibleWidth(short)));
}

const ASCII = /^[\x20-\x7e]*$/;

/**
 * The lines of a plain text at a width: nothing is dropped, not even blanks, so that joined they are the text
 * again. Breaks come behind a blank where one is near.
 */
export function wrapWhole(text: string, columns: number): string[] {
  const width = Math.max(2, columns);
  if (text.length <= width && ASCII.test(text)) return [text];
  return ASCII.test(text) ? wrapAscii(text, width) : wrapWide(text, width);
}

function wrapAscii(text: string, width: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length; ) {
    const blank = text.lastIndexOf(" ", at + width - 1);
    const end = at + width < text.length && blank >= at + width / 2 ? blank + 1 : at + width;
    lines.push(text.slice(at, end));
    at = end;
  }
  return lines;
}

function wrapWide(text: string, width: number): string[] {
  const lines: string[] = [];
  let [line, used] = ["", 0];
  for (const { cluster, cells } of clusters(text)) {
    if (used + cells > width) {
      const blank = line.lastIndexOf(" ");
      const end = blank >= line.length / 2 ? blank + 1 : line.length;
      lines.push(line.slice(0, end));
      line = line.slice(end);
      used = visibleWidth(line);
    }
    line += cluster;
    used += cells;
  }
  return [...lines, line];
}

const SEGMENTS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** What a person takes for one character, and how many cells it takes; one that would take more than two is taken apart. */
export function clusters(text: string): { cluster: string; cells: number }[] {
  return Array.from(SEGMENTS.segment(text), ({ segment }) => segment).flatMap((segment) => {
    const cells = visibleWidth(segment);
    if (cells <= 2) return [{ cluster: segment, cells }];
    return Array.from(segment, (char) => ({ cluster: char, cells: visibleWidth(char) }));
  });
}
