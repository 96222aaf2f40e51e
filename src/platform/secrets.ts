import { anchors, type Found, shapeFinder } from "./secret-shapes.js";

/**
 * Puts `[redacted:<kind>]` in the place of secrets. Doing it twice is doing it once; all else stays as it is.
 *
 * @example
 * const careful: Redactor = { text: (value) => value.replaceAll("hunter2", "[redacted:mine]"), json: (value) => value };
 */
export type Redactor = {
  /** Of a text. */
  text(value: string): string;
  /** The same for every string in plain data; what stands under a key that `skip` names is left alone. */
  json<T>(value: T, skip?: (key: string) => boolean): T;
};

const MARKED = "\\[redacted:[a-z-]+\\]";
/** A shorter key is no secret: it would be found everywhere. In characters. */
const SHORTEST = 8;

/** A redactor of the known shapes of secrets, and of these keys in plain, base64 and URL-encoded form. */
export function redactor(own: readonly string[]): Redactor {
  const forms = [...new Set(own.filter((key) => key.length >= SHORTEST).flatMap(formsOf))];
  // of two keys that begin alike the longer one is meant
  forms.sort((a, b) => b.length - a.length);
  const search = {
    candidate: new RegExp(`${MARKED}|${anchors(forms)}`, "g"),
    own: new Set(forms),
    shapeAt: shapeFinder(),
  };
  const text = (value: string) => settled(value, search);
  return { text, json: (value, skip = () => false) => walk(value, { text, skip }) };
}

type Search = { candidate: RegExp; own: ReadonlySet<string>; shapeAt: ReturnType<typeof shapeFinder> };

// a mark may uncover what a word before it hid; the bound is there for texts made to go on for ever
function settled(value: string, search: Search): string {
  let text = value;
  for (let round = 0; round < 4; round += 1) {
    const next = redacted(text, search);
    if (next === text) return text;
    text = next;
  }
  return text;
}

function redacted(text: string, search: Search): string {
  const { candidate } = search;
  let out = "";
  let from = 0;
  candidate.lastIndex = 0;
  for (let hit = candidate.exec(text); hit; hit = candidate.exec(text)) {
    const found = secretAt(hit, from, search);
    if (!found) continue;
    out += `${text.slice(from, found.start)}[redacted:${found.kind}]`;
    from = found.end;
    candidate.lastIndex = from;
  }
  return from === 0 ? text : out + text.slice(from);
}

function secretAt(hit: RegExpExecArray, from: number, { candidate, own, shapeAt }: Search): Found | undefined {
  const { 0: word, input: text, index: at } = hit;
  if (word.startsWith("[redacted:")) return undefined;
  candidate.lastIndex = at + 1;
  const shape = shapeAt(text, at, from);
  if (!own.has(word)) return shape;
  const end = at + word.length;
  return shape && shape.end > end ? { ...shape, start: at } : { kind: "own-key", start: at, end };
}

// in base64 a key has three forms, by where it begins in a group of three bytes; what its neighbours change is left off
function formsOf(key: string): string[] {
  const inBase64 = [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(key)]);
    return bytes.toString("base64url").slice([0, 2, 3][shift], Math.floor((bytes.length * 8) / 6));
  });
  const encoded = inBase64.flatMap((form) => [form, form.replaceAll("-", "+").replaceAll("_", "/")]);
  return [key, encodeURIComponent(key.toWellFormed()), JSON.stringify(key).slice(1, -1), ...encoded].filter(
    (form) => form.length >= SHORTEST,
  );
}

/** Objects and lists within each other that are followed. */
const DEEPEST = 500;

type Walk = { text(value: string): string; skip(key: string): boolean };

function walk<T>(value: T, how: Walk, deep?: number): T;
function walk(value: unknown, how: Walk, deep = 0): unknown {
  if (typeof value === "string") return how.text(value);
  if (typeof value !== "object" || value === null) return value;
  // nobody nests so deeply but to break what follows it
  if (deep === DEEPEST) return "[redacted:depth]";
  if (Array.isArray(value)) return value.map((each: unknown) => walk(each, how, deep + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) => [
      how.text(key),
      how.skip(key) ? each : typeof each === "string" ? named(key, each, how) : walk(each, how, deep + 1),
    ]),
  );
}

const TELLING = /key|token|secret|passw|passphrase|pwd|credential|auth/i;

// a name tells of its value here as it does in a text
function named(key: string, value: string, { text }: Walk): string {
  if (value.length > 1000 || !TELLING.test(key)) return text(value);
  const line = text(`${key}=${value}`);
  return line.startsWith(`${key}=`) ? line.slice(key.length + 1) : text(value);
}
