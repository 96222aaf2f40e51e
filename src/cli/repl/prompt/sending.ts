import { basename } from "node:path";
import type { Submitted } from "../port.js";
import type { Past } from "./browsing.js";
import { atomId, type Draft, fromOutside, graphemes, holdsAtoms, unfolded } from "./draft.js";
import type { Folds } from "./folds.js";

export type Sending = {
  /** A draft as it is sent, and as it is found again later. */
  send(draft: Draft): { words: string; more: Submitted; past: Past };
  /** What was sent, as it stood in the prompt. */
  again(past: Past): Draft;
  /** Words from outside as a draft: images that they tell by their whole path are folded. */
  draft(past: Past): Draft;
};

const IMAGE = /@"(\/[^"\n]+\.(?:png|jpe?g|gif|webp))"/gi;

/** Unfolds drafts; what was folded in this session is found folded again. */
export function sending(folds: Folds, isFile: (path: string) => boolean): Sending {
  const folded = new Map<string, Draft>();
  const draft = ({ words, plain }: Past) => {
    let text = "";
    let from = 0;
    const outside = fromOutside(words);
    for (const { 0: told, 1: path = "", index } of outside.matchAll(IMAGE)) {
      if (!isFile(path)) continue;
      text += outside.slice(from, index);
      text += folds.fold({ type: "image", path, name: basename(path) }, text);
      from = index + told.length;
    }
    text += outside.slice(from);
    return { text, at: text.length, plain };
  };
  return {
    draft,
    send({ text: all, plain }) {
      const text = all.slice(0, endOf(all));
      const words = unfolded(text, (id) => folds.words(id));
      const past = { words: unfolded(text, (id) => asPast(folds, id)), plain };
      if (holdsAtoms(text)) folded.set(past.words, { text, at: text.length, plain });
      const typed = unfolded(text, () => " ");
      return { words, more: { typed, images: imagesIn(text, folds), again: past.words, plain }, past };
    },
    again: (past) => folded.get(past.words) ?? draft(past),
  };
}

// a completed word has a space behind it
function endOf(text: string): number {
  let end = text.length;
  while (text.charAt(end - 1) === " ") end -= 1;
  return end;
}

function imagesIn(text: string, folds: Folds): { path: string }[] {
  if (!holdsAtoms(text)) return [];
  return [...graphemes(text)].flatMap(({ segment }) => {
    const folded = folds.get(atomId(segment) ?? -1);
    return folded?.type === "image" ? [{ path: folded.path }] : [];
  });
}

// an image is told by its path, so that it can be sent again in another session
function asPast(folds: Folds, id: number): string {
  const folded = folds.get(id);
  return folded?.type === "image" ? `@"${folded.path}"` : folds.words(id);
}
