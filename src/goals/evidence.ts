import { clean } from "./words.js";

/** A text that was shown as a fact. `asked` is what the worker gave the tool that printed it: what repeats that proves nothing. */
export type Place = { text: string; asked?: string };

/** Non-space characters of a quote, and letters or digits among them. */
const LEAST = { signs: 8, words: 4 };

/** Whether a quote says something and stands in one of the places, whatever the blanks and breaks between its words. */
export function occurs(quote: string, places: readonly Place[]): boolean {
  const wanted = plain(unmarked(quote));
  if (wanted.replace(/ /g, "").length < LEAST.signs) return false;
  if ((wanted.match(/[\p{L}\p{N}]/gu) ?? []).length < LEAST.words) return false;
  return places.some(({ text, asked }) => {
    if (!plain(text).includes(wanted)) return false;
    return asked === undefined || !bare(asked).includes(bare(wanted));
  });
}

// a judge may copy the marks of the lines too
function unmarked(quote: string): string {
  return quote.replace(/^[ \t]*> ?/gm, "").replace(/^(?:result|failed)\| ?/gm, "");
}

function plain(text: string): string {
  return clean(text).normalize("NFC").replace(/\s+/g, " ").trim();
}

// as a shell or a program would print it: without quotes and escapes
function bare(text: string): string {
  return plain(
    text
      .replace(/\\+[nrt]/g, " ")
      .replace(/[\\"'`]/g, "")
      .toLowerCase(),
  );
}
