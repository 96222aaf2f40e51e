import { visible } from "../../../platform/text.js";
import type { Locale } from "../locale.js";
import { counted } from "../told/folded.js";
import { atom, atomId, graphemes } from "./draft.js";

/** What is shown folded in the prompt: a long paste by its text, an image by its path. */
export type Folded = { type: "paste"; text: string } | { type: "image"; path: string; name: string };

/** `number` counts things of its type in the draft that it came into. */
type Kept = { folded: Folded; number: number };

const WORDS: Record<
  Locale,
  { paste(number: number, lines: string): string; image(number: number, name: string): string }
> = {
  en: {
    paste: (number, lines) => `[pasted #${number}: ${lines} ${lines === "1" ? "line" : "lines"}]`,
    image: (number, name) => `[image #${number}: ${name}]`,
  },
  zh: {
    paste: (number, lines) => `[粘贴 #${number}：${lines} 行]`,
    image: (number, name) => `[图片 #${number}：${name}]`,
  },
};

/** What was folded in this session. A draft holds one character for each. */
export type Folds = {
  /** The character for a thing that comes into a draft. */
  fold(folded: Folded, draft: string): string;
  get(id: number): Folded | undefined;
  /** What is drawn in its place. */
  label(id: number): string;
  /** What the model reads in its place. */
  words(id: number): string;
};

export function folds(locale: Locale): Folds {
  const kept: Kept[] = [];
  const labelled = (id: number, language: Locale) => {
    const { folded, number } = kept[id] ?? {};
    if (folded === undefined || number === undefined) return "";
    if (folded.type === "image") return WORDS[language].image(number, visible(folded.name).replaceAll("\n", " "));
    return WORDS[language].paste(number, counted(linesIn(folded.text)));
  };
  return {
    fold(folded, draft) {
      const alike = [...graphemes(draft)].map(({ segment }) => kept[atomId(segment) ?? -1]);
      const numbers = alike.map((each) => (each?.folded.type === folded.type ? each.number : 0));
      kept.push({ folded, number: Math.max(0, ...numbers) + 1 });
      return atom(kept.length - 1);
    },
    get: (id) => kept[id]?.folded,
    label: (id) => labelled(id, locale),
    words(id) {
      const folded = kept[id]?.folded;
      return folded?.type === "paste" ? folded.text : labelled(id, "en");
    },
  };
}

/** Lines as people count them: a newline at the end begins none. */
export function linesIn(text: string): number {
  let count = text.endsWith("\n") ? 0 : 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
