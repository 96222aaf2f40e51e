import { CURSOR_MARKER, truncateToWidth, visibleWidth } from "@earendil-works/pi-tui";

/** Stands in a line before the cell of the caret. */
export const CARET = CURSOR_MARKER;

/** A line as it is drawn: it fits, and ends its styles. `caret` is the caret's cell, counted from 0. */
export type Row = { text: string; width: number; caret?: number };

export const BLANK: Row = { text: "", width: 0 };

// what would act on the terminal: all but styles. A pane that lets it through shall not break the others
const ACTS = /[\0-\x1a\x1c-\x1f\x7f-\x9f]|\u001b(?!\[[\d;]*m)(?:\[[0-?]*[ -/]*[@-~]?)?/g;

/** Characters of a line, styles among them, that are looked at at all. */
const LONGEST = 10_000;

/** A line of a pane, cut to the columns that there are. */
export function rowOf(whole: string, columns: number): Row {
  const line = whole.length > LONGEST ? whole.slice(0, LONGEST) : whole;
  const at = line.indexOf(CARET);
  const bare = at === -1 ? line : line.replaceAll(CARET, "");
  const still = bare.replaceAll("\t", "   ").replace(ACTS, "");
  const wide = visibleWidth(still);
  const fitting = wide > columns ? truncateToWidth(still, columns, "") : still.replace(/ +$/, "");
  const width = fitting === still ? wide : visibleWidth(fitting);
  const row = { text: ended(fitting), width: Math.min(width, columns) };
  if (at === -1) return row;
  return { ...row, caret: Math.min(visibleWidth(line.slice(0, at).replaceAll("\t", "   ")), columns - 1) };
}

function ended(text: string): string {
  return text.includes("\u001b") ? `${text}\u001b[0m` : text;
}

/** How many rows of a terminal a row takes that was drawn when there were other columns. */
export function reflowed({ width }: { width: number }, columns: number): number {
  return Math.max(1, Math.ceil(width / columns));
}
