import { BLANK, type Row } from "./rows.js";

/** What stands on the terminal below the last printed line, and where its cursor is among these rows. There is always a row. */
export type Drawn = { rows: readonly Row[]; row: number; column: number; shown: boolean };

export type Next = { printed: readonly Row[]; live: readonly Row[] };
export type Size = { columns: number; rows: number };
export type Frame = { bytes: string; drawn: Drawn };

/** A fresh line of the terminal, with nothing on it. */
export const FRESH: Drawn = { rows: [BLANK], row: 0, column: 0, shown: true };

/**
 * The least to write so that what is printed and what is live stand where `before` stood. Rows are overwritten where they
 * changed; what is more scrolls the terminal as any output does, so that no live row ever gets into its scrollback.
 */
export function frame(before: Drawn, next: Next, size: Size): Frame {
  const live = next.live.length === 0 ? [BLANK] : next.live.slice(-size.rows);
  const rows = [...next.printed, ...live];
  const pen = new Pen(before, size.columns);
  const there = shifted(pen, { before: before.rows, printed: next.printed, live }, size);
  for (const [at, row] of rows.entries()) {
    if (row.text === (there[at] ?? BLANK).text) continue;
    pen.to(at);
    pen.draw(row, at < there.length);
  }
  for (let at = rows.length; at < there.length; at += 1) {
    pen.to(at);
    pen.clear();
  }
  if (pen.last < rows.length - 1) pen.to(rows.length - 1);
  return settled(pen, { live, above: next.printed.length });
}

/** Everything anew from a row that the cursor is put on first; `fill` counts the rows from there to the end of the screen. */
export function anew(next: Next, { size, fill, shown }: { size: Size; fill: number; shown: boolean }): Frame {
  const live = next.live.length === 0 ? [BLANK] : next.live.slice(-size.rows);
  const rows = [...next.printed, ...live];
  const pen = new Pen({ rows: [BLANK], row: 0, column: 0, shown }, size.columns);
  const lines = Math.max(rows.length, fill);
  for (let at = 0; at < lines; at += 1) {
    pen.to(at);
    pen.clear();
    const row = rows[at];
    if (row !== undefined && row.width > 0) pen.draw(row, false);
  }
  return settled(pen, { live, above: next.printed.length });
}

/** The whole screen beside the scrollback, rows counted from its top. */
export function whole(before: Drawn, rows: readonly Row[], size: Size): Frame {
  const pen = new Pen({ ...before, rows: Array<Row>(size.rows).fill(BLANK) }, size.columns);
  for (let at = 0; at < size.rows; at += 1) {
    const row = rows[at] ?? BLANK;
    if (row.text === before.rows[at]?.text) continue;
    pen.to(at);
    pen.draw(row, true);
  }
  return settled(pen, { live: rows.length === 0 ? [BLANK] : rows.slice(0, size.rows), above: 0 });
}

// the caret takes the cursor with it; without one it is hidden, and waits among the live rows
function settled(pen: Pen, { live, above }: { live: readonly Row[]; above: number }): Frame {
  const at = live.findIndex(({ caret }) => caret !== undefined);
  if (at === -1) {
    if (pen.row < above || pen.row >= above + live.length) pen.to(above);
  } else {
    pen.over(above + at, live[at]?.caret ?? 0);
  }
  pen.show(at !== -1);
  return {
    bytes: pen.bytes === "" ? "" : `\u001b[?2026h\u001b[?7l${pen.bytes}\u001b[?7h\u001b[?2026l`,
    drawn: { rows: live, row: pen.row - above, column: pen.column, shown: pen.shown },
  };
}

type Shift = { before: readonly Row[]; printed: readonly Row[]; live: readonly Row[] };

// where most live rows stay as they are, room is made above them instead of drawing them again further down
function shifted(pen: Pen, { before, printed, live }: Shift, size: Size): readonly Row[] {
  const room = printed.length;
  if (room === 0 || room + before.length > size.rows) return before;
  if (alike(live, before) <= alike([...printed, ...live], before) + 1) return before;
  pen.to(before.length - 1 + room);
  pen.to(0);
  pen.insert(room);
  return [...Array<Row>(room).fill(BLANK), ...before];
}

function alike(rows: readonly Row[], others: readonly Row[]): number {
  return rows.filter(({ text }, at) => text !== "" && text === others[at]?.text).length;
}

/** Writes relative to the row it began on, and knows which rows the terminal has by now. */
class Pen {
  readonly #columns: number;
  bytes = "";
  row: number;
  column: number;
  shown: boolean;
  last: number;

  constructor(before: Drawn, columns: number) {
    this.#columns = columns;
    this.row = before.row;
    this.column = before.column;
    this.shown = before.shown;
    this.last = before.rows.length - 1;
  }

  /** To the first cell of a row; below the last one the terminal scrolls. */
  to(row: number): void {
    const there = Math.min(row, this.last);
    if (there < this.row) this.bytes += csi(this.row - there, "A");
    if (there > this.row) this.bytes += csi(there - this.row, "B");
    if (this.column !== 0) this.bytes += "\r";
    if (row > there) this.bytes += "\n".repeat(row - there);
    this.row = row;
    this.last = Math.max(this.last, row);
    this.column = 0;
  }

  draw(row: Row, dirty: boolean): void {
    this.bytes += row.text;
    if (dirty && row.width < this.#columns) this.bytes += "\u001b[K";
    this.column = row.text === "" ? 0 : -1;
  }

  clear(): void {
    this.bytes += "\u001b[2K";
  }

  insert(rows: number): void {
    this.bytes += csi(rows, "L");
  }

  over(row: number, column: number): void {
    if (this.row !== row) this.to(row);
    if (this.column !== column) this.bytes += column === 0 ? "\r" : `\u001b[${column + 1}G`;
    this.column = column;
  }

  show(shown: boolean): void {
    if (shown !== this.shown) this.bytes += shown ? "\u001b[?25h" : "\u001b[?25l";
    this.shown = shown;
  }
}

function csi(count: number, what: string): string {
  return count === 1 ? `\u001b[${what}` : `\u001b[${count}${what}`;
}
