import type { Pane } from "../port.js";
import { type Row, reflowed, rowOf } from "./rows.js";
import { unstyled } from "./wrap.js";

/** More rows than a screen has. */
const KEPT_ROWS = 400;

// a row as it was drawn: how many letters of its pane were said with it, and how many there were in all. Rows that were drawn again say the same again
type Said = Row & { upto: number; of: number };

// the rows that stand on the terminal; they are counted when the first size changes
type Printed = { pane: Pane; rows: readonly Row[]; counted?: readonly Said[] };

/** The lines of a pane, as they are drawn. */
export function rowsOf(pane: Pane, columns: number): Row[] {
  return pane.render(columns).map((line) => rowOf(line, columns));
}

/** The newest of what was printed: enough to draw a screen again when its width has changed. */
export class Tail {
  #printed: Printed[] = [];
  #rows = 0;

  add(pane: Pane, rows: readonly Row[]): void {
    if (rows.length === 0) return;
    this.#printed.push({ pane, rows });
    this.#rows += rows.length;
    for (;;) {
      const oldest = this.#printed[0]?.rows.length ?? 0;
      if (this.#rows - oldest < KEPT_ROWS) return;
      this.#printed.shift();
      this.#rows -= oldest;
    }
  }

  forget(): void {
    this.#printed = [];
    this.#rows = 0;
  }

  /** How many rows of the terminal it takes, once the terminal has wrapped it anew. */
  rowsAt(columns: number): number {
    return this.#printed.reduce((sum, { rows }) => sum + height(rows, columns), 0);
  }

  /**
   * The rows to draw in the place of all but the first `hidden` ones, which have scrolled away. Of these the last are drawn
   * again when it takes that to fill `room` rows.
   */
  redrawn(hidden: number, { columns, room }: { columns: number; room: number }): Row[] {
    let above = hidden;
    const over = this.#printed.map(({ rows }) => {
      const here = Math.min(above, height(rows, columns));
      above -= here;
      return here;
    });
    let drawn: Row[] = [];
    for (const [at, printed] of [...this.#printed.entries()].reverse()) {
      const scrolled = over[at] ?? 0;
      const left = room - drawn.length;
      if (left <= 0 && scrolled === height(printed.rows, columns)) break;
      const rows = counted(rowsOf(printed.pane, columns));
      const kept = first(printed.counted ?? counted(printed.rows), scrolled, columns);
      const shown = rows.slice(Math.min(said(rows, kept), Math.max(0, rows.length - left)));
      drawn = [...shown, ...drawn];
      const there = [...kept, ...shown];
      this.#printed[at] = { pane: printed.pane, rows: there, counted: there };
    }
    this.#rows = this.#printed.reduce((sum, { rows }) => sum + rows.length, 0);
    return drawn;
  }
}

function height(rows: readonly Row[], columns: number): number {
  return rows.reduce((sum, row) => sum + reflowed(row, columns), 0);
}

// the rows that fill so many rows of the terminal; of the last it may be a part, which counts for nothing said
function first(rows: readonly Said[], high: number, columns: number): Said[] {
  const found: Said[] = [];
  let left = high;
  for (const row of rows) {
    if (left === 0) break;
    const all = reflowed(row, columns);
    const part = { text: "", width: left * columns, upto: row.upto - letters(row.text), of: row.of };
    found.push(all > left ? part : row);
    left -= Math.min(left, all);
  }
  return found;
}

// how many rows say no more than what is kept. Prose has the same letters at any width; of anything else rather too few rows
function said(rows: readonly Said[], kept: readonly Said[]): number {
  const [last, now] = [kept.at(-1), rows[0]];
  if (last === undefined || now === undefined) return 0;
  if (last.of !== now.of) return Math.max(0, Math.floor((rows.length * last.upto) / Math.max(1, last.of)) - 1);
  const at = rows.findIndex(({ upto }) => upto > last.upto);
  return at === -1 ? rows.length : at;
}

function counted(rows: readonly Row[]): Said[] {
  const of = letters(rows.map(({ text }) => text).join(""));
  let upto = 0;
  return rows.map((row) => {
    upto += letters(row.text);
    return { ...row, upto, of };
  });
}

function letters(text: string): number {
  return unstyled(text).match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}
