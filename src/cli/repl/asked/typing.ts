import { CURSOR_MARKER, decodeKittyPrintable, type KeyId, matchesKey } from "@earendil-works/pi-tui";
import { clusters, laidOpen } from "../screen/cells.js";

/** One line that is being typed. */
export type Typing = {
  readonly text: string;
  set(text: string): void;
  /** False: the key means nothing here. */
  key(data: string): boolean;
  /** As much of it around the caret as fits, with the caret marked. */
  draw(columns: number): string;
};

/** Characters that a key types; undefined for a key that types none. */
export function typed(data: string): string | undefined {
  const decoded = decodeKittyPrintable(data);
  if (decoded !== undefined) return decoded;
  return data !== "" && !/\p{Cc}/u.test(data) ? data : undefined;
}

/** What a bracketed paste holds; undefined for a key. */
export function pasted(data: string): string | undefined {
  return /^\u001b\[200~([\s\S]*?)(?:\u001b\[201~)?$/.exec(data)?.[1];
}

/** Whether a key is one of these. */
export function isKey(data: string, ...keys: readonly KeyId[]): boolean {
  return keys.some((key) => matchesKey(data, key));
}

type Line = { text: string; caret: number };
type Motion = (line: Line) => number;

const BEFORE = /(?:[\p{L}\p{N}\p{M}_]+|[^\p{L}\p{N}\p{M}_\s]+)?\s*$/u;
const BEHIND = /^\s*(?:[\p{L}\p{N}\p{M}_]+|[^\p{L}\p{N}\p{M}_\s]+)?/u;

const left: Motion = ({ text, caret }) => caret - (clusters(near(text, caret)).at(-1)?.cluster.length ?? 0);
const right: Motion = ({ text, caret }) => caret + (clusters(text.slice(caret, caret + 64))[0]?.cluster.length ?? 0);
const wordLeft: Motion = ({ text, caret }) => caret - (BEFORE.exec(near(text, caret, 2000))?.[0].length ?? 0);
const wordRight: Motion = ({ text, caret }) => caret + (BEHIND.exec(text.slice(caret))?.[0].length ?? 0);
const start: Motion = () => 0;
const end: Motion = ({ text }) => text.length;

function near(text: string, caret: number, most = 64): string {
  return text.slice(Math.max(0, caret - most), caret);
}

const MOVES: readonly [readonly KeyId[], Motion][] = [
  [["left", "ctrl+b"], left],
  [["right", "ctrl+f"], right],
  [["alt+left", "ctrl+left", "alt+b"], wordLeft],
  [["alt+right", "ctrl+right", "alt+f"], wordRight],
  [["home", "ctrl+a"], start],
  [["end", "ctrl+e"], end],
];
const CUTS: readonly [readonly KeyId[], Motion][] = [
  [["backspace", "shift+backspace"], left],
  [["delete", "ctrl+d"], right],
  [["ctrl+w", "alt+backspace", "ctrl+backspace"], wordLeft],
  [["alt+d"], wordRight],
  [["ctrl+u"], start],
  [["ctrl+k"], end],
];

type Begun = { text?: string | undefined; hidden?: boolean | undefined; lines?: boolean | undefined };

/** A line to type in. What is `hidden` is drawn as dots; with `lines` a paste keeps its newlines. */
export function typing({ text = "", hidden = false, lines = false }: Begun): Typing {
  let line: Line = { text, caret: text.length };
  return {
    get text() {
      return line.text;
    },
    set(words) {
      line = { text: words, caret: words.length };
    },
    key(data) {
      const next = pressed(line, data, lines);
      if (next !== undefined) line = next;
      return next !== undefined;
    },
    draw: (columns) => drawn(line, hidden, columns),
  };
}

function pressed(line: Line, data: string, lines: boolean): Line | undefined {
  const words = pasted(data);
  if (words !== undefined) {
    const kept = words.replace(/\r\n?|\n/g, lines ? "\n" : " ").replaceAll("\t", " ");
    return inserted(line, kept.replace(/(?!\n)\p{Cc}/gu, ""));
  }
  const move = MOVES.find(([keys]) => isKey(data, ...keys))?.[1];
  if (move) return { ...line, caret: move(line) };
  const takes = CUTS.find(([keys]) => isKey(data, ...keys))?.[1];
  if (takes) return without(line, takes(line));
  const more = typed(data);
  return more === undefined ? undefined : inserted(line, more);
}

function inserted({ text, caret }: Line, more: string): Line {
  return { text: text.slice(0, caret) + more + text.slice(caret), caret: caret + more.length };
}

function without({ text, caret }: Line, to: number): Line {
  const [from, until] = [Math.min(caret, to), Math.max(caret, to)];
  return { text: text.slice(0, from) + text.slice(until), caret: from };
}

type Cell = { cluster: string; cells: number };

// only what can be near enough to be seen is looked at: a paste may be a megabyte
function drawn({ text, caret }: Line, hidden: boolean, columns: number): string {
  const most = columns * 16;
  const cellsOf = (part: string): Cell[] => clusters(part).flatMap((each) => cellsFor(each.cluster, hidden));
  const before = cellsOf(near(text, caret, most));
  const behind = cellsOf(text.slice(caret, caret + most));
  const room = Math.max(1, columns - 1);
  const far =
    widthOf(behind) + widthOf(before) <= room ? room : Math.max(room - widthOf(behind), Math.ceil((room * 2) / 3));
  const shown = fitting(before.toReversed(), far).toReversed();
  const rest = fitting(behind, columns - widthOf(shown));
  return `${join(shown)}${CURSOR_MARKER}${join(rest)}`;
}

function cellsFor(cluster: string, hidden: boolean): Cell[] {
  if (hidden) return [{ cluster: "•", cells: 1 }];
  if (cluster === "\n") return [{ cluster: "⏎", cells: 1 }];
  return clusters(laidOpen(cluster));
}

function fitting(cells: readonly Cell[], room: number): Cell[] {
  let used = 0;
  const over = cells.findIndex((cell) => {
    used += cell.cells;
    return used > room;
  });
  return over < 0 ? [...cells] : cells.slice(0, over);
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.cells, 0);
}

function join(cells: readonly Cell[]): string {
  return cells.map(({ cluster }) => cluster).join("");
}
