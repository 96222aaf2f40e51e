import { graphemesOf } from "../screen/cells.js";

/** What stands in the prompt. `at` is the caret, an index into `text`. */
export type Draft = {
  text: string;
  at: number;
  /** Its beginning was pasted: it is text, whatever character it begins with. */
  plain: boolean;
};

export const EMPTY: Draft = { text: "", at: 0, plain: false };

// one character of a private plane stands for what is shown folded, so that no motion ever ends inside of it
const FIRST_ATOM = 0x10_0000;
const ATOM = /[\u{100000}-\u{10fffd}]/u;
const ATOMS = /[\u{100000}-\u{10fffd}]/gu;
/** How far a grapheme or a word is looked for, in characters. */
const REACH = 1000;

const WORDS = new Intl.Segmenter(undefined, { granularity: "word" });

/** The character that stands for a folded thing. */
export function atom(id: number): string {
  return String.fromCodePoint(FIRST_ATOM + id);
}

/** Which folded thing a character stands for. */
export function atomId(char: string): number | undefined {
  const code = char.codePointAt(0) ?? 0;
  return code >= FIRST_ATOM && code <= 0x10_fffd ? code - FIRST_ATOM : undefined;
}

/** Whether a text from outside holds characters that would pass for folded things. */
export function holdsAtoms(text: string): boolean {
  return ATOM.test(text);
}

/** A text as it may stand in a draft: nothing in it passes for a folded thing. */
export function fromOutside(text: string): string {
  return text.replace(ATOMS, "\ufffd");
}

/** A text in which each folded thing is replaced by what `word` gives for it. */
export function unfolded(text: string, word: (id: number) => string): string {
  return text.replace(ATOMS, (char) => word(atomId(char) ?? 0));
}

/** The graphemes of one line, folded things apart, each with its place. */
export function* graphemes(line: string): Generator<{ segment: string; index: number }> {
  let from = 0;
  for (const hit of line.matchAll(ATOMS)) {
    yield* segmentsOf(line.slice(from, hit.index), from);
    yield { segment: hit[0], index: hit.index };
    from = hit.index + hit[0].length;
  }
  yield* segmentsOf(line.slice(from), from);
}

function* segmentsOf(text: string, base: number): Generator<{ segment: string; index: number }> {
  let index = base;
  for (const segment of graphemesOf(text)) {
    yield { segment, index };
    index += segment.length;
  }
}

export type Change = { from: number; to: number; insert: string; pasted?: boolean };

/** A draft with a part of it replaced and the caret behind what came in. */
export function changed(draft: Draft, { from, to, insert, pasted = false }: Change): Draft {
  const text = draft.text.slice(0, from) + insert + draft.text.slice(to);
  const touched = from === 0 && (insert !== "" || to > 0);
  return { text, at: from + insert.length, plain: text !== "" && (touched ? pasted : draft.plain) };
}

export function lineStart({ text, at }: Draft): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

export function lineEnd({ text, at }: Draft): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Where the grapheme behind the caret ends. */
export function rightOf(draft: Draft): number {
  const { text, at } = draft;
  if (at >= text.length) return at;
  if (text.charAt(at) === "\n") return at + 1;
  const [first] = graphemes(text.slice(at, Math.min(lineEnd(draft), at + REACH)));
  return at + (first?.segment.length ?? 1);
}

/** Where the grapheme before the caret begins. */
export function leftOf(draft: Draft): number {
  const { text, at } = draft;
  if (at === 0) return 0;
  if (text.charAt(at - 1) === "\n") return at - 1;
  const from = windowStart(draft);
  let last = at - 1;
  for (const { index } of graphemes(text.slice(from, at))) last = from + index;
  return last;
}

function windowStart(draft: Draft): number {
  const from = Math.max(lineStart(draft), draft.at - REACH);
  const code = draft.text.charCodeAt(from);
  return code >= 0xdc00 && code <= 0xdfff ? from + 1 : from;
}

/** Where the next word ends; a run of signs counts as a word, and so does a folded thing. */
export function wordRightOf(draft: Draft): number {
  const { text, at } = draft;
  const end = lineEnd(draft);
  if (at >= end) return Math.min(at + 1, text.length);
  const tokens = tokensOf(text.slice(at, Math.min(end, at + REACH)));
  const [first, second] = tokens;
  const word = first?.kind === "space" ? (second ?? first) : first;
  return at + (word?.end ?? 1);
}

/** Where the word before the caret begins. */
export function wordLeftOf(draft: Draft): number {
  const { text, at } = draft;
  if (at === lineStart(draft)) return Math.max(0, at - 1);
  const from = windowStart(draft);
  const tokens = tokensOf(text.slice(from, at));
  const last = tokens.at(-1);
  const word = last?.kind === "space" ? (tokens.at(-2) ?? last) : last;
  return from + (word?.start ?? 0);
}

type Token = { kind: "space" | "word" | "signs" | "atom"; start: number; end: number };

// Han, kana and Thai have no spaces between words: the segmenter knows theirs
function tokensOf(line: string): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const { text, isWord } of pieces(line)) {
    const [start, kind] = [end, kindOf(text, isWord)];
    end += text.length;
    const last = tokens.at(-1);
    if (last?.kind === kind && (kind === "signs" || kind === "space")) last.end = end;
    else tokens.push({ kind, start, end });
  }
  return tokens;
}

function* pieces(line: string): Generator<{ text: string; isWord: boolean }> {
  for (const { segment, isWordLike } of WORDS.segment(line)) {
    const word = isWordLike === true;
    const parts = word ? segment.split(/([^\p{L}\p{N}\p{M}_]+)/u) : segment.split(/([\u{100000}-\u{10fffd}])/u);
    for (const text of parts) if (text !== "") yield { text, isWord: word && /^[\p{L}\p{N}_]/u.test(text) };
  }
}

function kindOf(text: string, isWord: boolean): Token["kind"] {
  if (atomId(text) !== undefined) return "atom";
  if (isWord) return "word";
  return text.trim() === "" ? "space" : "signs";
}
