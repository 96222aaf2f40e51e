import { truncateToWidth, visibleWidth } from "@earendil-works/pi-tui";
import { type Cell, cellsOf, isAscii, joined, untabbed, widthOf } from "./cells.js";

/** With the styles that begin before it. */
type Styled = Cell & { styles?: string };

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
  const cells = styledCells(line);
  const lines: string[] = [];
  const open = new Map<string, string>();
  for (let from = 0; from < cells.length; ) {
    const { to, next } = lineEnd(cells, { from, room: lines.length === 0 ? columns : room });
    lines.push(`${lines.length === 0 ? "" : indent}${drawn(cells.slice(from, to), open)}`);
    for (const { styles = "" } of cells.slice(to, next)) follow(styles, open);
    from = next;
  }
  return lines;
}

/** A text, with its own line ends, at a width. */
export function wrappedText(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => wrapped(line, columns));
}

/** The same; what does not fit goes on below the last column of an indented row, or stands in as its line does. */
export function wrappedTable(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => {
    const row = /^( +)\S(?:.*\S)? {2,}(?=\S)/.exec(line);
    if (row === null) return wrappedWithin(line, columns);
    const wide = visibleWidth(row[0]);
    return wrapped(line, columns, " ".repeat(wide * 2 > columns ? (row[1]?.length ?? 0) + 2 : wide));
  });
}

// each line of it stands in as the first does
function wrappedWithin(line: string, columns: number): string[] {
  const indent = /^ +(?=\S)/.exec(line)?.[0] ?? "";
  if (indent.length * 2 > columns) return wrapped(line, columns);
  return wrapped(line.slice(indent.length), columns - indent.length).map((each) => indent + each);
}

/**
 * The lines of a plain text at a width: nothing is dropped, not even blanks, so that joined they are the text
 * again. Breaks come behind a blank where one is near.
 */
export function wrapWhole(text: string, columns: number): string[] {
  const width = Math.max(2, columns);
  if (text.length <= width && isAscii(text)) return [text];
  return isAscii(text) ? wholeAscii(text, width) : wholeWide(cellsOf(text), width);
}

function wholeAscii(text: string, width: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length; ) {
    const blank = text.lastIndexOf(" ", at + width - 1);
    const end = at + width < text.length && blank >= at + width / 2 ? blank + 1 : at + width;
    lines.push(text.slice(at, end));
    at = end;
  }
  return lines;
}

function wholeWide(cells: readonly Cell[], width: number): string[] {
  const lines: string[] = [];
  let line: Cell[] = [];
  let used = 0;
  for (const cell of cells) {
    if (used + cell.width > width) {
      const blank = line.findLastIndex(({ char }) => char === " ");
      const end = blank >= line.length / 2 ? blank + 1 : line.length;
      lines.push(joined(line.slice(0, end)));
      line = line.slice(end);
      used = widthOf(line);
    }
    line.push(cell);
    used += cell.width;
  }
  return [...lines, joined(line)];
}

/** A styled line cut to a width, and marked where it was cut. */
export function cut(given: string, columns: number): string {
  if (columns <= 0) return "";
  const isStyled = given.includes("\u001b");
  // no character takes more than this many codes
  const line = flat(isStyled ? given : given.slice(0, columns * 20));
  if (line.length <= columns && isAscii(line)) return line;
  if (line.length < LONG && visibleWidth(line) <= columns) return isStyled ? closed(line) : line;
  const short = truncateToWidth(line, columns, "…");
  return isStyled ? closed(short) : short.replaceAll("\u001b[0m", "");
}

/** A line filled up to a width. */
export function padded(line: string, columns: number): string {
  return line + " ".repeat(Math.max(0, columns - visibleWidth(line)));
}

/** A line cut or filled up to a width. */
export function fitted(line: string, columns: number): string {
  return padded(cut(line, columns), columns);
}

/** A text without its styles. */
export function unstyled(line: string): string {
  return line.replace(/\u001b\[[\d;]*m/g, "");
}

/** Ends the styles that a line leaves open. */
function closed(line: string): string {
  if (!line.includes("\u001b[")) return line;
  const open = new Map<string, string>();
  follow(line, open);
  return open.size === 0 ? line : `${line}\u001b[0m`;
}

function flat(line: string): string {
  return untabbed(line.includes("\n") ? line.replace(/\n/g, " ") : line);
}

function styledCells(line: string): Styled[] {
  const cells: Styled[] = [];
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
    for (const cell of cellsOf(text)) {
      cells.push(styles === "" ? cell : { ...cell, styles });
      styles = "";
    }
  }
  if (styles !== "") cells.push({ char: "", width: 0, styles });
  return cells;
}

// the cells of a line, and where the next one begins: spaces at a break belong to neither
function lineEnd(
  cells: readonly Styled[],
  { from, room }: { from: number; room: number },
): { to: number; next: number } {
  let used = 0;
  let best = -1;
  for (let at = from; at < cells.length; at += 1) {
    const cell = cells[at];
    if (cell === undefined) break;
    const before = cells[at - 1];
    if (before && at > from && mayBreak(before, cell)) best = at;
    used += cell.width;
    if (used <= room || at === from) continue;
    if (cell.char === " ") return around(cells, at);
    return best > from ? around(cells, best) : { to: at, next: at };
  }
  return { to: cells.length, next: cells.length };
}

function around(cells: readonly Styled[], at: number): { to: number; next: number } {
  let next = at;
  while (cells[next]?.char === " ") next += 1;
  return { to: at, next };
}

/** Whether a line may end between two characters: behind a space, and around wide ones as the rules of their script let it. */
export function mayBreak(before: Cell, after: Cell): boolean {
  if (after.width === 0 || after.char.trim() === "") return false;
  if (before.char.trim() === "") return true;
  if (before.width < 2 && after.width < 2) return false;
  return !CLOSING.test(after.char) && !OPENING.test(before.char);
}

function drawn(cells: readonly Styled[], open: Map<string, string>): string {
  const begun = [...open.values()].join("");
  let text = "";
  for (const { char, styles = "" } of cells) {
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
  for (const [, list = ""] of text.matchAll(/\u001b\[([\d;]*)m/g)) {
    for (const code of list.split(";")) {
      if (code === "" || code === "0") open.clear();
      else if (ENDS[code]) for (const each of ENDS[code]) open.delete(each);
      else open.set(kindOf(code), `\u001b[${code}m`);
    }
  }
}

function kindOf(code: string): string {
  if (/^[39]\d$/.test(code)) return "colour";
  return /^(4|10)\d$/.test(code) ? "ground" : code;
}
