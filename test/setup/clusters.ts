import type { IUnicodeVersionProvider, Terminal } from "@xterm/headless";

// what a cluster ended with so far
const [PLAIN, JOINER, FLAG] = [0, 1, 2];
const NOTHING = /^(?:\p{M}|[\u200b-\u200f\u2060])$/u;
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]$/u;
const TONE = /^\p{Emoji_Modifier}$/u;
const PICTURE = /^\p{Extended_Pictographic}$/u;
const LETTER_OF_FLAG = /^[\u{1f1e6}-\u{1f1ff}]$/u;

/** Lets an emulated terminal take a grapheme cluster for one character, as today's terminals do; alone it knows Unicode 6. */
export function withClusters(emulated: Terminal): Terminal {
  const provider: IUnicodeVersionProvider = {
    version: "clusters",
    wcwidth: (code) => widthOf(String.fromCodePoint(code)),
    charProperties: properties,
  };
  emulated.unicode.register(provider);
  emulated.unicode.activeVersion = provider.version;
  return emulated;
}

function widthOf(char: string): 0 | 1 | 2 {
  if (NOTHING.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

// packed as the emulator wants it: a state of ours, the width of the cluster, and whether the character belongs to the one before
function properties(code: number, before: number): number {
  const char = String.fromCodePoint(code);
  const [state, width] = [before >> 3, (before >> 1) & 3];
  const own = widthOf(char);
  const pairs = state === FLAG && LETTER_OF_FLAG.test(char);
  const joins = before !== 0 && (pairs || own === 0 || TONE.test(char) || (state === JOINER && PICTURE.test(char)));
  const wide = joins ? Math.max(width, pairs || char === "\ufe0f" ? 2 : own) : own;
  return (after(char, pairs) << 3) | (wide << 1) | Number(joins);
}

function after(char: string, pairs: boolean): number {
  if (char === "\u200d") return JOINER;
  return LETTER_OF_FLAG.test(char) && !pairs ? FLAG : PLAIN;
}
