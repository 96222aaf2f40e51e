import { CURSOR_MARKER, truncateToWidth, visibleWidth } from "@earendil-works/pi-tui";

/** Stands in a line before the cell of the caret. */
export const CARET = CURSOR_MARKER;

/** A line as it is drawn: it fits, and ends its styles. `caret` is the caret's cell, counted from 0. */
export type Row = { text: string; width: number; caret?: number };

export const BLANK: Row = { text: "", width: 0 };

// what would move the cursor; a pane that lets it through shall not break the others
const MOVES = /[\0-\x06\x08-\x1a\x7f]/g;

/** Characters of a line, styles and links among them, that are looked at at all. */
const LONGEST = 10_000;

/** A line of a pane, cut to the columns that there are. */
export function rowOf(whole: string, columns: number): Row {
  const line = whole.length > LONGEST ? whole.slice(0, LONGEST) : whole;
  const at = line.indexOf(CARET);
  const bare = at === -1 ? line : line.replaceAll(CARET, "");
  const still = bare.replaceAll("\t", "   ").replace(MOVES, "");
  const wide = visibleWidth(still);
  const fitting = wide > columns ? truncateToWidth(still, columns, "") : still.replace(/ +$/, "");
  const row = { text: ended(fitting), width: wide > columns ? columns : visibleWidth(fitting) };
  if (at === -1) return row;
  return { ...row, caret: Math.min(visibleWidth(line.slice(0, at).replaceAll("\t", "   ")), columns - 1) };
}

function ended(text: string): string {
  if (!text.includes("\u001b")) return text;
  return `${text}\u001b[0m${text.includes("\u001b]8;") ? "\u001b]8;;\u001b\\" : ""}`;
}

/** How many rows of a terminal a row takes that was drawn when there were other columns. */
export function reflowed({ width }: { width: number }, columns: number): number {
  return Math.max(1, Math.ceil(width / columns));
}
