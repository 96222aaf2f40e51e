import { unstyled } from "../screen/wrap.js";
import type { ViewEntry } from "./viewer-entries.js";

/** The row of an entry that stands first on the screen. */
export type Place = { entry: number; row: number };
export type Size = { columns: number; height: number };

/** Entries whose lines are remembered. */
const KEPT = 200;

/** `from` counts the entries that were looked through before; `until` says when to pause. */
type Seek = { step: 1 | -1; matches(text: string): boolean; columns: number; from: number; until(): boolean };

/** What was found, or how many entries were looked through when it was time to pause. */
export type Found = { type: "found"; place: Place } | { type: "paused"; from: number } | { type: "none" };

/** A long list of entries, looked at through a window; only what comes into sight is rendered. */
export type Scroll = {
  lines(at: Place, size: Size): string[];
  /** The last place that fills the window. */
  end(size: Size): Place;
  moved(at: Place, by: number, size: Size): Place;
  bounded(at: Place, size: Size): Place;
  /** The next line, around the end if need be, whose entry and words match. */
  find(at: Place, seek: Seek): Found;
  entry(at: Place, next: { step: 1 | -1; type: ViewEntry["type"] }): Place | undefined;
  /** From 0 to 1, how far the window's last line is. */
  share(at: Place, size: Size): number;
};

export function scroll(entries: readonly ViewEntry[]): Scroll {
  const known = new Map<number, { columns: number; lines: readonly string[] }>();
  const linesOf = (entry: number, columns: number): readonly string[] => {
    const had = known.get(entry);
    if (had?.columns === columns) return had.lines;
    const lines = entries[entry]?.render(columns) ?? [];
    known.delete(entry);
    known.set(entry, { columns, lines });
    for (const oldest of known.size > KEPT ? known.keys() : []) {
      known.delete(oldest);
      break;
    }
    return lines;
  };
  const list: List = { entries, linesOf };
  return {
    lines: (at, size) => windowLines(list, at, size),
    end: (size) => moved(list, { entry: entries.length, row: 0 }, { by: -size.height, columns: size.columns }),
    moved: (at, by, size) => bounded(list, movedFar(list, at, { by, columns: size.columns }), size),
    bounded: (at, size) => bounded(list, at, size),
    find: (at, seek) => find(list, at, seek),
    entry(at, { step, type }) {
      for (let entry = at.entry + step; entry >= 0 && entry < entries.length; entry += step) {
        if (entries[entry]?.type === type) return { entry, row: 0 };
      }
      return undefined;
    },
    share: (at, size) => share(list, at, size),
  };
}

type List = { entries: readonly ViewEntry[]; linesOf(entry: number, columns: number): readonly string[] };
type Move = { by: number; columns: number };

function windowLines({ entries, linesOf }: List, at: Place, { columns, height }: Size): string[] {
  const lines: string[] = [];
  for (let entry = at.entry; entry < entries.length && lines.length < height; entry += 1) {
    const own = linesOf(entry, columns);
    lines.push(...own.slice(entry === at.entry ? at.row : 0).slice(0, height - lines.length));
  }
  return lines;
}

function movedFar(list: List, at: Place, move: Move): Place {
  if (move.by === Number.NEGATIVE_INFINITY) return { entry: 0, row: 0 };
  if (move.by === Number.POSITIVE_INFINITY) return { entry: list.entries.length, row: 0 };
  return moved(list, at, move);
}

function moved({ entries, linesOf }: List, { entry, row }: Place, { by, columns }: Move): Place {
  let [at, line] = [entry, row + by];
  while (line < 0 && at > 0) {
    at -= 1;
    line += linesOf(at, columns).length;
  }
  while (at < entries.length && line >= linesOf(at, columns).length) {
    line -= linesOf(at, columns).length;
    at += 1;
  }
  return { entry: at, row: Math.max(0, line) };
}

function bounded(list: List, at: Place, { columns, height }: Size): Place {
  const end = moved(list, { entry: list.entries.length, row: 0 }, { by: -height, columns });
  const beyond = at.entry > end.entry || (at.entry === end.entry && at.row > end.row);
  if (beyond) return end;
  // after a resize an entry may have fewer lines
  return { entry: at.entry, row: Math.min(at.row, Math.max(0, list.linesOf(at.entry, columns).length - 1)) };
}

function find({ entries, linesOf }: List, at: Place, { step, matches, columns, from, until }: Seek): Found {
  const rowsIn = (entry: number) => {
    const found = linesOf(entry, columns).flatMap((line, row) => (matches(unstyled(line)) ? [row] : []));
    return found.length === 0 ? [0] : found;
  };
  const holds = (entry: number) => entries[entry]?.texts().some(matches) ?? false;
  if (from === 0 && holds(at.entry)) {
    const rows = rowsIn(at.entry);
    const row = step > 0 ? rows.find((each) => each > at.row) : rows.findLast((each) => each < at.row);
    if (row !== undefined) return { type: "found", place: { entry: at.entry, row } };
  }
  for (let n = from + 1; n <= entries.length; n += 1) {
    const entry = (at.entry + step * n + entries.length * 2) % entries.length;
    if (holds(entry)) {
      const rows = rowsIn(entry);
      return { type: "found", place: { entry, row: (step > 0 ? rows[0] : rows.at(-1)) ?? 0 } };
    }
    if (until()) return { type: "paused", from: n };
  }
  return { type: "none" };
}

function share(list: List, at: Place, { columns, height }: Size): number {
  const { entries, linesOf } = list;
  if (entries.length === 0) return 1;
  const last = moved(list, at, { by: height, columns });
  if (last.entry >= entries.length) return 1;
  return Math.min(0.99, (last.entry + last.row / Math.max(1, linesOf(last.entry, columns).length)) / entries.length);
}
