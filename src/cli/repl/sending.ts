import { draftOf, type Past } from "./browsing.js";
import { atomId, type Draft, graphemes, holdsAtoms, unfolded } from "./draft.js";
import type { Folds } from "./folds.js";
import type { Submitted } from "./port.js";

export type Sending = {
  /** A draft as it is sent, and as it is found again later. */
  send(draft: Draft): { words: string; more: Submitted; past: Past };
  /** What was sent, as it stood in the prompt. */
  again(past: Past): Draft;
};

/** Unfolds drafts; what was folded in this session is found folded again. */
export function sending(folds: Folds): Sending {
  const folded = new Map<string, Draft>();
  return {
    send(draft) {
      const text = draft.text.replace(/ +$/, "");
      const words = unfolded(text, (id) => folds.words(id));
      const past = { words: unfolded(text, (id) => asPast(folds, id)), plain: draft.plain };
      if (holdsAtoms(text)) folded.set(past.words, { text, at: text.length, plain: draft.plain });
      return { words, more: { images: imagesIn(text, folds), plain: draft.plain }, past };
    },
    again: (past) => folded.get(past.words) ?? draftOf(past),
  };
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
