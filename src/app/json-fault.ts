/** Where a text stops being JSON: a position in it, and what was expected there. */
export type JsonFault = { at: number; expected: string };

const TOKEN =
  /\s*(?:("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)|(true|false|null)|([{}[\],:]))/y;

type Reader = { text: string; at: number };
type Token = { kind: "string" | "scalar" | string; from: number };

/** Finds the first fault of a text that JSON.parse refused. */
export function jsonFault(text: string): JsonFault {
  const reader: Reader = { text, at: 0 };
  const fault = value(reader);
  if (fault) return fault;
  const after = /^\s*/.exec(text.slice(reader.at))?.[0].length ?? 0;
  return { at: reader.at + after, expected: "the end of the file" };
}

/** Where a key, or an item of a list, stands in a text that is JSON. */
export function placeOf(text: string, path: readonly (string | number)[]): number {
  const reader: Reader = { text, at: 0 };
  let place = here(reader, "").at;
  for (const step of path) {
    const found = next(reader)?.kind === "{" ? toKey(reader, String(step)) : toItem(reader, Number(step));
    if (found === undefined) break;
    place = found;
  }
  return place;
}

/** A position in a text as people count: `line:column`. */
export function lineAndColumn(text: string, position: number): string {
  const before = text.slice(0, position).split("\n");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

function toKey(reader: Reader, key: string): number | undefined {
  for (let token = next(reader); token?.kind === "string"; token = next(reader)) {
    const { from } = token;
    const name: unknown = JSON.parse(reader.text.slice(from, reader.at));
    next(reader);
    if (name === key) return from;
    value(reader);
    next(reader);
  }
  return undefined;
}

function toItem(reader: Reader, place: number): number {
  for (let n = 0; n < place; n += 1) {
    value(reader);
    next(reader);
  }
  return here(reader, "").at;
}

function next(reader: Reader): Token | undefined {
  TOKEN.lastIndex = reader.at;
  const found = TOKEN.exec(reader.text);
  if (!found) return undefined;
  const [whole, string, number, word, sign] = found;
  const length = (string ?? number ?? word ?? sign ?? "").length;
  const from = reader.at + whole.length - length;
  reader.at += whole.length;
  return { kind: string !== undefined ? "string" : (sign ?? "scalar"), from };
}

function here({ text, at }: Reader, expected: string): JsonFault {
  return { at: at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0), expected };
}

function value(reader: Reader): JsonFault | undefined {
  const before = reader.at;
  const token = next(reader);
  if (token?.kind === "{") return list(reader, "}", pair);
  if (token?.kind === "[") return list(reader, "]", value);
  if (token?.kind === "string" || token?.kind === "scalar") return undefined;
  return here({ ...reader, at: before }, "a value");
}

function pair(reader: Reader): JsonFault | undefined {
  const before = reader.at;
  if (next(reader)?.kind !== "string") return here({ ...reader, at: before }, 'a key in "quotes"');
  const colon = reader.at;
  return next(reader)?.kind === ":" ? value(reader) : here({ ...reader, at: colon }, '":"');
}

function list(reader: Reader, end: string, item: (reader: Reader) => JsonFault | undefined): JsonFault | undefined {
  const first = reader.at;
  if (next(reader)?.kind === end) return undefined;
  reader.at = first;
  for (;;) {
    const fault = item(reader);
    if (fault) return fault;
    const before = reader.at;
    const token = next(reader);
    if (token?.kind === end) return undefined;
    if (token?.kind !== ",") return here({ ...reader, at: before }, `"," or "${end}"`);
  }
}
