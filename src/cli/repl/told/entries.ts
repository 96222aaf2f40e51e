import type { Pane } from "../port.js";
import type { Look } from "./folded.js";
import { kept, type MarkdownStream } from "./markdown.js";
import { grouped, isRead, type Reads, readsLine } from "./reads.js";
import { callLines, type Seen } from "./tool-line.js";

/** What a run brings, in the order of the reply; only the first can be printed from. */
export type Entry =
  | { type: "text"; stream: MarkdownStream; ready: Pane[]; begun: boolean; ended: boolean }
  | { type: "call"; seen: Seen }
  | { type: "prompt" | "line"; pane: Pane };
export type Piece = Entry | Reads;

/** How things are drawn; `now` is milliseconds since 1970. */
export type Drawing = { look: Look; now(): number };

/** The first piece that can be printed from; undefined: there is none, or calls may come that are told together with it. */
export function firstOf(open: readonly Entry[], over: boolean): Piece | undefined {
  const [piece, next] = grouped(open);
  if (piece === undefined || !isReading(piece)) return piece;
  const waits = next === undefined ? !over : next.type === "call" && !isOver(next);
  return waits ? undefined : piece;
}

function isReading(piece: Piece): boolean {
  return piece.type === "reads" || (piece.type === "call" && isRead(piece.seen));
}

/** Whether nothing comes any more that belongs to it. */
export function isOver(piece: Piece): boolean {
  if (piece.type === "text") return piece.ended;
  return piece.type !== "call" || piece.seen.result !== undefined || piece.seen.left === true;
}

/** How many entries it stands for. */
export function sizeOf(piece: Piece): number {
  return piece.type === "reads" ? piece.all.length : 1;
}

export function kindOf({ type }: Piece): Entry["type"] {
  return type === "reads" ? "call" : type;
}

/** What sets it apart from what came before: calls and notices stand close together. */
export function leadOf(piece: Piece, before: Entry["type"] | undefined): string[] {
  if (before === undefined || (piece.type === "text" && piece.begun)) return [];
  const close = (type: Entry["type"]) => type === "call" || type === "line";
  return close(before) && close(kindOf(piece)) ? [] : [""];
}

/** What of it can be printed for good. */
export function readyOf(piece: Piece, { look, now }: Drawing): Pane[] {
  if (piece.type === "text") return piece.ready.splice(0);
  if (piece.type === "reads") return [kept((columns) => [readsLine(piece, look, columns)])];
  if (piece.type !== "call") return [piece.pane];
  if (!isOver(piece)) return [];
  const { seen } = piece;
  const at = now();
  return [kept((columns) => callLines(seen, look, { columns, now: at }))];
}

/** All that is open, as it looks at the moment, below what was printed last. */
export function openLines(open: readonly Entry[], last: Entry["type"] | undefined, at: Drawing & { columns: number }) {
  let before = last;
  const lines = grouped(open).flatMap((piece) => {
    const own = linesOf(piece, at);
    if (own.length === 0) return [];
    const lead = leadOf(piece, before);
    before = kindOf(piece);
    return [...lead, ...own];
  });
  return { lines, before };
}

function linesOf(piece: Piece, { look, now, columns }: Drawing & { columns: number }): readonly string[] {
  if (piece.type === "reads") return [readsLine(piece, look, columns)];
  if (piece.type === "call") return callLines(piece.seen, look, { columns, now: now() });
  if (piece.type !== "text") return piece.pane.render(columns);
  return [...piece.ready.flatMap((pane) => pane.render(columns)), ...piece.stream.live.render(columns)];
}
