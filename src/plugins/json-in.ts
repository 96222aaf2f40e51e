import type { Json } from "../core/message.js";

/** JSON as it stands in a text, and what it says; or why there is none. */
export type Found = { text: string; value: Json } | { why: string };

/** Levels of lists and objects in each other. */
const DEEPEST = 200;
/** Places in a text where JSON is looked for. */
const PLACES = 200;

/** The JSON of an answer: all of it, else its one fenced block of JSON, else the one object or list in its words. */
export function jsonIn(answer: string): Found {
  const whole = parse(answer);
  if (whole) return whole;
  const fenced = [...answer.matchAll(/^ {0,3}(```+|~~~+)[^\n`]*\n([\s\S]*?)\n {0,3}\1[`~]*[ \t]*$/gm)];
  const blocks = fenced.flatMap(([, , inside = ""]) => parse(inside) ?? []);
  if (blocks.length === 1 && blocks[0]) return blocks[0];
  const [only, ...more] = blocks.length > 0 ? blocks : within(answer);
  if (only && more.length === 0) return only;
  return { why: only ? `holds ${more.length + 1} JSON values, and one is wanted` : "is not JSON" };
}

// every object and list in a text that is in no other
function within(answer: string): { text: string; value: Json }[] {
  const found: { text: string; value: Json }[] = [];
  const opening = /[{[]/g;
  for (let tried = 0; tried < PLACES; tried += 1) {
    const at = opening.exec(answer)?.index;
    if (at === undefined) break;
    const end = endOf(answer, at);
    if (end === Number.POSITIVE_INFINITY) return [];
    const inside = end === undefined ? undefined : parse(answer.slice(at, end));
    if (!inside) continue;
    found.push(inside);
    opening.lastIndex = end ?? at;
  }
  return found;
}

// behind the bracket that closes the one at `from`; infinite when there is too much in it
function endOf(text: string, from: number): number | undefined {
  const token = /"(?:[^"\\\n]|\\.)*"|[{[]|[}\]]/g;
  token.lastIndex = from;
  let depth = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [sign] = found;
    if (sign === "{" || sign === "[") depth += 1;
    if (sign === "}" || sign === "]") depth -= 1;
    if (depth > DEEPEST) return Number.POSITIVE_INFINITY;
    if (depth === 0) return token.lastIndex;
  }
  return undefined;
}

function parse(words: string): { text: string; value: Json } | undefined {
  const text = words.replace(/^\ufeff/, "").trim();
  if (/^[{[]/.test(text) && endOf(text, 0) !== text.length) return undefined;
  try {
    const value: Json = JSON.parse(text, (_, each: Json) => {
      // 1e999 would be told as null
      if (each === Number.POSITIVE_INFINITY || each === Number.NEGATIVE_INFINITY) throw new Error("too large a number");
      return each;
    });
    return { text, value };
  } catch {
    return undefined;
  }
}
