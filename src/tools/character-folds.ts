import { type Found, occurrences, type Wanted, withEndingsOf } from "./find-text.js";

/** Makes characters alike that differ only in how they are written: what `pattern` finds becomes `to`. */
type Fold = { ignored: string; pattern: RegExp; to(found: string): string };

const ENDINGS: Fold = { ignored: "line ends", pattern: /\r\n/, to: () => "\n" };

const BLANKS: Fold = { ignored: "trailing blanks", pattern: /(?<![ \t])[ \t]*\r?\n/, to: () => "\n" };

const ALIKE: Record<string, string> = Object.fromEntries(
  [
    ["'", "\u2018\u2019\u201a\u201b\u2032"],
    ['"', "\u201c\u201d\u201e\u201f\u2033"],
    ["-", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"],
    [" ", "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"],
  ].flatMap(([plain = "", those = ""]) => [...those].map((char) => [char, plain])),
);

// a letter with its marks, Hangul in its parts, and the signs that are only another code for a letter
const UNICODE = /\P{M}\p{M}+|[\u1100-\u11ff]+|[\u2126\u212a\u212b]/u;

const TYPOGRAPHY: Fold = {
  ignored: "typographic characters and Unicode form",
  pattern: new RegExp(`\\r\\n|[${Object.keys(ALIKE).join("")}]|${UNICODE.source}`, "u"),
  to: (found) => (found === "\r\n" ? "\n" : (ALIKE[found] ?? found.normalize("NFC"))),
};

/** The places where a text differs only in line ends, in trailing blanks, or in typography: each fold's own finding. */
export function characterFolds(content: string, wanted: Wanted): Found[] {
  const folds = [];
  if (content.includes("\r\n") || wanted.old.includes("\r\n")) folds.push(ENDINGS);
  if (wanted.old.includes("\n")) folds.push(BLANKS);
  if (/[^\0-\x7f]/.test(content) || /[^\0-\x7f]/.test(wanted.old)) folds.push(TYPOGRAPHY);
  return folds.map((fold) => found(fold, content, wanted));
}

/** The new text for a place that holds the old one but for its line ends, so that a line that stays keeps its own. */
export function keepingEndings(place: string, wanted: Wanted): Promise<string> {
  return keeping({ fold: ENDINGS, content: place, wanted });
}

function found(fold: Fold, content: string, wanted: Wanted): Found {
  const { text, from, to } = folded(fold, content);
  const hits = occurrences(text, { ...wanted, old: folded(fold, wanted.old).text }).flatMap((hit) => {
    const [start, end] = [from(hit.from), to(hit.to)];
    return start === undefined || end === undefined ? [] : [{ from: start, to: end }];
  });
  return {
    hits,
    ignored: fold.ignored,
    textFor: async (hit) => {
      const place = content.slice(hit.from, hit.to);
      const fresh = withEndingsOf(place, content, wanted.fresh);
      return keeping({ fold, content: place, wanted: { ...wanted, fresh } });
    },
  };
}

type Keeping = { fold: Fold; content: string; wanted: Wanted };

// of what the old and the new text share, the file's own characters stay
async function keeping({ fold, content, wanted: { old, fresh } }: Keeping): Promise<string> {
  const { diffArrays } = await import("diff");
  const [before, after] = [tokens(fold, old), tokens(fold, fresh)];
  const changes = diffArrays(before, after, {
    comparator: (one, other) => (one.ending && other.ending) || one.text === other.text,
    timeout: 2000,
  });
  if (changes === undefined) return fresh;
  const place = folded(fold, content);
  let at = 0;
  const pieces = changes.map(({ added, removed, value }) => {
    if (added) return value.map(({ text }) => text).join("");
    const start = at;
    at += value.reduce((sum, { length }) => sum + length, 0);
    return removed ? "" : content.slice(place.from(start), place.to(at));
  });
  return pieces.join("");
}

/** `length` is that of the folded text; `ending` tells a bare line end, of either kind. */
type Token = { text: string; length: number; ending: boolean };

function tokens(fold: Fold, text: string): Token[] {
  const pattern = new RegExp(`(${fold.pattern.source})|[\\p{L}\\p{N}\\p{M}_]+|[^]`, "gu");
  return [...text.matchAll(pattern)].map(([whole, special]) => ({
    text: whole,
    length: special === undefined ? folded(fold, whole).text.length : fold.to(special).length,
    ending: whole === "\n" || whole === "\r\n",
  }));
}

type Folded = {
  text: string;
  /** Where the character at a folded position begins, and where the one before it ends; undefined inside of one. */
  from(position: number): number | undefined;
  to(position: number): number | undefined;
};

type Mark = { at: number; length: number; source: number; width: number };

function folded({ pattern, to }: Fold, content: string): Folded {
  const pieces: string[] = [];
  const marks: Mark[] = [];
  let [copied, at] = [0, 0];
  for (const { 0: whole, index } of content.matchAll(new RegExp(pattern.source, "gu"))) {
    const replaced = to(whole);
    at += index - copied;
    pieces.push(content.slice(copied, index), replaced);
    marks.push({ at, length: replaced.length, source: index, width: whole.length });
    at += replaced.length;
    copied = index + whole.length;
  }
  pieces.push(content.slice(copied));
  return {
    text: pieces.join(""),
    from: (position) => placeOf(lastMark(marks, position), position),
    to: (position) => placeOf(lastMark(marks, position - 1), position),
  };
}

function placeOf(mark: Mark | undefined, position: number): number | undefined {
  if (mark === undefined || position === mark.at) return mark?.source ?? position;
  const beyond = position - mark.at - mark.length;
  return beyond < 0 ? undefined : mark.source + mark.width + beyond;
}

// the last one that begins at or before a folded position
function lastMark(marks: readonly Mark[], position: number): Mark | undefined {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.at ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return marks[low - 1];
}
