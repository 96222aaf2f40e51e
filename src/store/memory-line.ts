import { visible } from "../platform/text.js";
import type { Memory } from "./memory-file.js";

const UNITS: readonly [number, string][] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
];

/** How long ago a memory was made: `3 d`, `5 h`, `12 min`, `now`. */
export function ageOf({ created }: Memory, now = Date.now()): string {
  const ago = now - created;
  const [unit, name] = UNITS.find(([each]) => ago >= each) ?? [];
  return unit === undefined ? "now" : `${Math.floor(ago / unit)} ${name}`;
}

/** A memory for a model to read, as data: one line that nothing in the text can end. At most `bytes` of the text. */
export function lineOf(memory: Memory, bytes = Number.POSITIVE_INFINITY): string {
  const { id, scope, text } = memory;
  return `- ${id} (${scope}, ${ageOf(memory)}): ${quoted(text, bytes)}`;
}

function quoted(text: string, bytes: number): string {
  const whole = inQuotes(text);
  if (Buffer.byteLength(whole) <= bytes) return whole;
  const characters = [...text];
  let kept = Math.min(characters.length, bytes);
  let short = "";
  do {
    kept = Math.floor(kept * 0.9);
    short = inQuotes(`${characters.slice(0, kept).join("")}…`);
  } while (kept > 0 && Buffer.byteLength(short) > bytes);
  return short;
}

function inQuotes(text: string): string {
  return JSON.stringify(visible(text)).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");
}
