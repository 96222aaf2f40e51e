import { truncateToWidth, visibleWidth } from "@earendil-works/pi-tui";

/** One character as it is seen, with the styles that begin before it. */
type Cell = { char: string; width: number; styles: string };

/** Characters of what is measured at once: measuring takes more than linear time. */
const LONG = 1000;
const STYLE = /\u001b\[[\d;]*m/y;
/** What must not begin a line, and what must not end one. */
const CLOSING = /^[\p{Pe}\p{Pf}、。，．：；！？…·ー々〜～％%!?,.:;]/u;
const OPENING = /^[\p{Ps}\p{Pi}]/u;

/**
 * A styled line cut into lines of a width: between words, and between wide characters where the rules of their script
 * let a line end. What `hang` holds, styles included, stands before each line but the first.
 */
export function wrapped(given: string, columns: number, hang = ""): string[] {
  const line = flat(given);
  if (line.length <= columns && isAscii(line)) return [line];
  if (line.length < LONG && visibleWidth(line) <= columns) return [closed(line)];
  const indent = visibleWidth(hang) * 2 > columns ? "" : hang;
  const room = Math.max(1, columns - visibleWidth(indent));
  const cells = cellsOf(line);
  const lines: string[] = [];
  const open = new Map<string, string>();
  for (let from = 0; from < cells.length; ) {
    const { to, next } = lineEnd(cells, { from, room: lines.length === 0 ? columns : room });
    lines.push(`${lines.length === 0 ? "" : indent}${drawn(cells.slice(from, to), open)}`);
    for (const { styles } of cells.slice(to, next)) follow(styles, open);
    from = next;
  }
  return lines;
}

/** A text, with its own line ends, at a width. */
export function wrappedText(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => wrapped(line, columns));
}

/** The same; what does not fit goes on below the last column of an indented row, or below its indent. */
export function wrappedTable(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => {
    const row = /^( +)\S(?:.*\S)? {2,}(?=\S)/.exec(line);
    const wide = visibleWidth(row?.[0] ?? "");
    return wrapped(line, columns, " ".repeat(wide * 2 > columns ? (row?.[1]?.length ?? 0) + 2 : wide));
  });
}

/** A styled line cut to a width, and marked where it was cut. */
export function cut(given: string, columns: number): string {
  // no character takes more than this many codes
  const line = flat(given.includes("\u001b") ? given : given.slice(0, columns * 20));
  if (line.length <= columns && isAscii(line)) return line;
  return closed(truncateToWidth(line, columns, "…"));
}

/** A text without its styles. */
export function unstyled(line: string): string {
  return line.replace(/\u001b\[[\d;]*m/g, "");
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

/** Ends the styles that a line leaves open. */
export function closed(line: string): string {
  if (!line.includes("\u001b[")) return line;
  const open = new Map<string, string>();
  follow(line, open);
  return open.size === 0 ? line : `${line}\u001b[0m`;
}

function flat(line: string): string {
  return untabbed(line.includes("\n") ? line.replace(/\n/g, " ") : line);
}

function isAscii(line: string): boolean {
  return /^[\x20-\x7e]*$/.test(line);
}

function cellsOf(line: string): Cell[] {
  const cells: Cell[] = [];
  let styles = "";
  for (let at = 0; at < line.length; ) {
    STYLE.lastIndex = at;
    const style = STYLE.exec(line)?.[0];
    if (style !== undefined) {
      styles += style;
      at += style.length;
      continue;
    }
    const next = line.indexOf("\u001b[", at + 1);
    const text = line.slice(at, next < 0 ? line.length : next);
    at += text.length;
    for (const char of isAscii(text) ? text : charactersOf(text)) {
      cells.push({ char, width: visibleWidth(char), styles });
      styles = "";
    }
  }
  if (styles !== "") cells.push({ char: "", width: 0, styles });
  return cells;
}

function charactersOf(text: string): string[] {
  const segmenter = new Intl.Segmenter();
  const characters: string[] = [];
  for (let at = 0; at < text.length; ) {
    let to = at + LONG;
    // nothing joins these to what stands before them
    while (to < text.length && !/[\x20-\x7e\u3001-\u9fff]/.test(text[to] ?? "")) to += 1;
    for (const { segment } of segmenter.segment(text.slice(at, to))) characters.push(segment);
    at = to;
  }
  return characters;
}

// the cells of a line, and where the next one begins: spaces at a break belong to neither
function lineEnd(cells: readonly Cell[], { from, room }: { from: number; room: number }): { to: number; next: number } {
  let used = 0;
  let best = -1;
  for (let at = from; at < cells.length; at += 1) {
    const cell = cells[at];
    if (cell === undefined) break;
    if (at > from && mayEnd(cells[at - 1], cell)) best = at;
    used += cell.width;
    if (used <= room || at === from) continue;
    if (cell.char === " ") return around(cells, at);
    return best > from ? around(cells, best) : { to: at, next: at };
  }
  return { to: cells.length, next: cells.length };
}

function around(cells: readonly Cell[], at: number): { to: number; next: number } {
  let next = at;
  while (cells[next]?.char === " ") next += 1;
  return { to: at, next };
}

function mayEnd(before: Cell | undefined, after: Cell): boolean {
  if (before === undefined || after.char === " " || after.width === 0) return false;
  if (before.char === " ") return true;
  if (before.width < 2 && after.width < 2) return false;
  return !CLOSING.test(after.char) && !OPENING.test(before.char);
}

function drawn(cells: readonly Cell[], open: Map<string, string>): string {
  const begun = [...open.values()].join("");
  let text = "";
  for (const { char, styles } of cells) {
    text += styles + char;
    if (styles !== "") follow(styles, open);
  }
  return `${begun}${text.trimEnd()}${open.size === 0 ? "" : "\u001b[0m"}`;
}

const ENDS: Record<string, readonly string[]> = {
  "22": ["1", "2"],
  "23": ["3"],
  "24": ["4"],
  "27": ["7"],
  "29": ["9"],
  "39": ["colour"],
  "49": ["ground"],
};

// keeps which styles are on, each under what would end it
function follow(text: string, open: Map<string, string>): void {
  const codes = [...text.matchAll(/\u001b\[([\d;]*)m/g)].flatMap(([, list = ""]) => list.split(";"));
  for (const code of codes) {
    if (code === "" || code === "0") open.clear();
    else if (ENDS[code]) for (const each of ENDS[code]) open.delete(each);
    else open.set(kindOf(code), `\u001b[${code}m`);
  }
}

function kindOf(code: string): string {
  if (/^[39]\d$/.test(code)) return "colour";
  return /^(4|10)\d$/.test(code) ? "ground" : code;
}
