import type { Pane } from "./port.js";
import { type Row, reflowed, rowOf } from "./rows.js";

/** More rows than a screen has. */
const KEPT_ROWS = 400;

// the widths of the rows that stand on the terminal, as they were drawn
type Printed = { pane: Pane; widths: readonly number[] };

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
    this.#printed.push({ pane, widths: rows.map(({ width }) => width) });
    this.#rows += rows.length;
    for (;;) {
      const oldest = this.#printed[0]?.widths.length ?? 0;
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
    return this.#printed.reduce((sum, { widths }) => sum + height(widths, columns), 0);
  }

  /** The rows to draw in the place of all but the first `hidden` ones, which the terminal keeps as they are. */
  redrawn(hidden: number, columns: number): Row[] {
    let above = hidden;
    const drawn: Row[] = [];
    this.#printed = this.#printed.map((printed) => {
      const high = height(printed.widths, columns);
      const over = Math.min(above, high);
      above -= over;
      if (over === high) return printed;
      const rows = rowsOf(printed.pane, columns);
      const old = first(printed.widths, over, columns);
      const shown = rows.length === printed.widths.length ? rows.slice(old.length) : rows.slice(textRows(rows, old));
      drawn.push(...shown);
      return { pane: printed.pane, widths: [...old, ...shown.map(({ width }) => width)] };
    });
    this.#rows = this.#printed.reduce((sum, { widths }) => sum + widths.length, 0);
    return drawn;
  }
}

function height(widths: readonly number[], columns: number): number {
  return widths.reduce((sum, width) => sum + reflowed({ width }, columns), 0);
}

// the widths that fill so many rows of the terminal; the last may be a part of one
function first(widths: readonly number[], rows: number, columns: number): number[] {
  const found: number[] = [];
  let left = rows;
  for (const width of widths) {
    if (left === 0) break;
    const high = Math.min(left, reflowed({ width }, columns));
    found.push(Math.min(width, high * columns));
    left -= high;
  }
  return found;
}

// how many rows hold no more text than stands above: rather one too few, so that nothing is lost
function textRows(rows: readonly Row[], above: readonly number[]): number {
  let left = above.reduce((sum, width) => sum + width + 1, 0);
  const at = rows.findIndex(({ width }) => {
    left -= width + 1;
    return left < 0;
  });
  return Math.max(0, (at === -1 ? rows.length : at) - 1);
}
