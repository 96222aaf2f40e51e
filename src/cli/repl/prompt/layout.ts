import { visibleWidth } from "@earendil-works/pi-tui";
import type { Cell } from "../screen/cells.js";
import { cut, mayBreak } from "../screen/wrap.js";
import { atomId, type Draft, graphemes } from "./draft.js";

/** A grapheme or a folded thing: where it begins in its line, how it is drawn, and in how many cells. */
type Unit = Cell & { index: number; size: number; atom: boolean };

/** A row of the screen: a part of one line of the draft. Units are placed by their line, which begins at `line`. */
export type Row = { line: number; units: readonly Unit[]; start: number; end: number; last: boolean };

export type Layout = {
  rows: readonly Row[];
  /** The caret's row. */
  row: number;
  /** Cells before the caret in its row. */
  column: number;
};

/** Lays drafts out; lines that did not change are not measured again. `label` is how a folded thing is drawn. */
export function layouter(label: (id: number) => string): (draft: Draft, columns: number) => Layout {
  let known = new Map<string, readonly Wrapped[]>();
  let width = 0;
  return (draft, columns) => {
    const before = columns === width ? known : new Map<string, readonly Wrapped[]>();
    known = new Map();
    width = columns;
    const rows: Row[] = [];
    let line = 0;
    for (const text of draft.text.split("\n")) {
      const wrapped = known.get(text) ?? before.get(text) ?? wrap(unitsOf(text, columns - 1, label), columns - 1);
      known.set(text, wrapped);
      for (const each of wrapped) rows.push({ line, ...each });
      line += text.length + 1;
    }
    return { rows, ...caretIn(rows, draft.at) };
  };
}

function caretIn(rows: readonly Row[], at: number): { row: number; column: number } {
  const after = rows.findIndex(({ line, start }) => line + start > at);
  const row = after < 0 ? rows.length - 1 : after - 1;
  const here = rows[row];
  return { row, column: here ? widthOf(before(here, at)) : 0 };
}

function before({ line, units }: Row, at: number): Unit[] {
  return units.filter(({ index }) => line + index < at);
}

function widthOf(units: readonly Unit[]): number {
  return units.reduce((sum, { width }) => sum + width, 0);
}

/** The place in the draft that is nearest to a column of a row. */
export function placeAt({ line, units, end, last }: Row, column: number): number {
  let left = 0;
  for (const { index, width } of units) {
    if (left + width > column) return line + index;
    left += width;
  }
  // the end of a row that goes on is the beginning of the next
  return line + (last ? end : (units.at(-1)?.index ?? end));
}

/** What is drawn of a row before and behind the caret; `atom` paints folded things. */
export function drawn(row: Row, at: number, atom: (text: string) => string): { before: string; after: string } {
  const draw = (units: readonly Unit[]) => units.map((unit) => (unit.atom ? atom(unit.char) : unit.char)).join("");
  const split = before(row, at).length;
  return { before: draw(row.units.slice(0, split)), after: draw(row.units.slice(split)) };
}

function unitsOf(line: string, most: number, label: (id: number) => string): Unit[] {
  const units: Unit[] = [];
  let column = 0;
  for (const { segment, index } of graphemes(line)) {
    const id = atomId(segment);
    const char = id === undefined ? shownAs(segment, column) : cut(label(id), most);
    const width = visibleWidth(char);
    units.push({ index, size: segment.length, char, width, atom: id !== undefined });
    column += width;
  }
  return units;
}

const TAB = 4;
const ACTS = /[\0-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e001f}]/gu;

// what would act on the terminal or hide in it is drawn as a picture of itself, one cell wide
function shownAs(segment: string, column: number): string {
  if (segment === "\t") return " ".repeat(TAB - (column % TAB));
  const picture = segment.toWellFormed().replace(ACTS, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "␡" : "�";
  });
  // a mark or joiner that stands alone has no cell of its own for the caret to be on
  return visibleWidth(picture) === 0 ? `◌${/^\p{M}/u.test(picture) ? picture : ""}` : picture;
}

type Wrapped = Omit<Row, "line">;

// between words, and around wide characters; where there is no such place, anywhere
function wrap(units: readonly Unit[], most: number): Wrapped[] {
  const cuts: number[] = [0];
  let [width, start, chance] = [0, 0, 0];
  for (const [n, unit] of units.entries()) {
    const previous = units[n - 1];
    if (previous && n > start && mayBreak(previous, unit)) chance = n;
    while (width + unit.width > most && n > start) {
      start = chance > start ? chance : n;
      cuts.push(start);
      width = widthOf(units.slice(start, n));
    }
    width += unit.width;
  }
  return cuts.map((from, n) => {
    const part = units.slice(from, cuts[n + 1]);
    const [first, final] = [part[0], part.at(-1)];
    const end = final ? final.index + final.size : 0;
    return { units: part, start: first?.index ?? 0, end, last: n === cuts.length - 1 };
  });
}
