/** Cuts a text to its beginning and end, never inside a character. `cut` counts what was left out, in characters. */
export function headTail(
  text: string,
  { head, tail }: { head: number; tail: number },
): { head: string; tail: string; cut: number } {
  if (text.length <= head + tail) return { head: text, tail: "", cut: 0 };
  const first = text.slice(0, wholeBefore(text, head));
  const last = text.slice(wholeAfter(text, text.length - tail));
  return { head: first, tail: last, cut: text.length - first.length - last.length };
}

/** A text of at most that many characters, `…` in the place of the rest; never cut inside of one. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, wholeBefore(text, most - 1)).toWellFormed()}…`;
}

function wholeBefore(text: string, at: number): number {
  return isLowSurrogate(text.charCodeAt(at)) ? at - 1 : at;
}

function wholeAfter(text: string, at: number): number {
  return isLowSurrogate(text.charCodeAt(at)) ? at + 1 : at;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

// control characters but tab and line feed, bidi controls, what ends a line for some, characters without width or ink but the joiner within an
// emoji, and the invisible tag letters
const HIDDEN =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\u200d(?:(?<!\p{ExtPict}[\ufe0f\u{1f3fb}-\u{1f3ff}]?\u200d)|(?!\p{ExtPict}))|[\u{e0000}-\u{e0fff}]/gu;

/** A text for a screen: characters that would act on it or hide in it are shown as `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(HIDDEN, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

/** Text as data: each line marked, so that nothing in it can pass for what stands around it. */
export function quoted(text: string): string {
  return linesOf(text.trim())
    .map((line) => `> ${line}`)
    .join("\n");
}

/** The lines of a text, at whatever a reader may take for their end. */
export function linesOf(text: string): string[] {
  return text.split(/\r?\n|[\u2028\u2029\r\v\f]/);
}

/** The candidates that are spelt most like a word, nearest first, within a third of its length; of a short word, all but a letter. */
export function nearest(word: string, candidates: readonly string[]): string[] {
  const most = Math.max(Math.min(2, word.length - 1), Math.floor(word.length / 3));
  const rated = candidates.map((name) => ({ name, far: distance(word.toLowerCase(), name.toLowerCase()) }));
  return rated
    .filter(({ far }) => far <= most)
    .sort((a, b) => a.far - b.far)
    .map(({ name }) => name);
}

// Levenshtein's, one row at a time
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Milliseconds as people say them. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
