import { clip, duration, headTail, visible } from "../platform/text.js";
import type { CheckRun } from "./types.js";

/** A text of whatever origin in one line, shown as it is, of at most that many characters. */
export function oneLine(text: string, most: number): string {
  return clip(clean(text).replace(/\s+/g, " ").trim(), most);
}

/** A text of whatever origin as it may be shown and sent: no hidden characters, no halves of them. */
export function clean(text: string): string {
  // colours say nothing here
  return visible(text.replace(/\x1b\[[0-9;]*m/g, "").toWellFormed());
}

/** The last characters of a text, from the beginning of a line where there is one. */
export function endOf(text: string, most: number): string {
  if (text.length <= most) return text;
  const { tail } = headTail(text, { head: 0, tail: most });
  const line = tail.indexOf("\n") + 1;
  return line > 0 && line < tail.length / 2 ? tail.slice(line) : tail;
}

/** The end of what a check printed, whole where that is known. */
export function outputEnd({ output: { head, tail, bytes } }: CheckRun, most: number): string {
  const whole = Buffer.byteLength(head + tail) >= bytes;
  return endOf(clean(whole ? head + tail : tail || head).trimEnd(), most);
}

/** How a check ended, as people say it. */
export function endingOf({ ended, code, ms, why }: CheckRun): string {
  if (ended === "timeout") return `timed out after ${duration(ms)}`;
  if (ended === "aborted") return "was interrupted";
  if (ended === "unable") return `could not be run${why === undefined ? "" : `: ${oneLine(why, 300)}`}`;
  if (code === null) return "was ended by a signal";
  return why === undefined ? `exited with ${code}` : `exited with ${code}, ${oneLine(why, 300)}`;
}

/** Whether what voids a round says itself what is wrong, and is no path. */
export function isSentence(what: string): boolean {
  return /^[A-Z].* .*\.$/s.test(what);
}
