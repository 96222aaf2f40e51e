import type { ParsedScript, SyntaxNode, Word } from "unbash";
import { expandBraces } from "./braces.js";
import type { Scope } from "./scope.js";
import { type Field, type Flow, NOTHING, type Where, worst } from "./types.js";

/** What expanding words needs of the interpreter. */
export type Expander = {
  where: Where;
  scope: Scope;
  /** Runs a substitution: what it would print. */
  substitute(script: ParsedScript): Flow;
  /** The one text of a word where the shell does not split. */
  whole(word: Word): Field;
  /** Runs the substitutions below a node. */
  nested(node: SyntaxNode): void;
  /** Something that is not provably harmless. */
  doubt(why: string): void;
};

/** A stretch of a word: quoted text stays as it is, unquoted expansions are split at blanks. */
export type Piece = { text: string; quoted: boolean; glob: boolean; split: boolean; flow: Flow; stream?: Flow };

export function plain(text: string, quoted: boolean): Piece {
  return { text, quoted, glob: false, split: false, flow: NOTHING };
}

/** Each way through the braces of a word, with its quoting. */
export function braced(pieces: readonly Piece[]): Piece[][] {
  // quoted stretches are hidden behind marks while the braces around them are opened
  const hidden: Piece[] = [];
  const text = pieces
    .map((piece) => {
      if (!piece.quoted && !piece.split && !piece.glob) return piece.text;
      hidden.push(piece);
      return String.fromCharCode(0xe000 + hidden.length - 1);
    })
    .join("");
  return expandBraces(text).map((word) =>
    word
      .split(/([\ue000-\uf8ff])/)
      .filter((stretch) => stretch !== "")
      .map((stretch) => {
        const known = /^[\ue000-\uf8ff]$/.test(stretch) ? hidden[stretch.charCodeAt(0) - 0xe000] : undefined;
        return known ?? { ...plain(stretch, false), glob: /[*?[]/.test(stretch) };
      }),
  );
}

/** The fields that pieces make: unquoted expansions are split at blanks. */
export function fieldsOf(pieces: readonly Piece[]): Field[] {
  const fields: Field[] = [];
  let open: Field | undefined;
  const add = (text: string, piece: Piece) => {
    open ??= { text: "", glob: false, flow: NOTHING };
    open.text += text;
    open.glob ||= piece.glob || (!piece.quoted && piece.split && /[*?[]/.test(text));
    open.flow = mixed(open.flow, piece.flow);
    if (piece.stream) open.stream = piece.stream;
  };
  for (const piece of pieces) {
    if (!piece.split) {
      if (piece.text !== "" || piece.quoted) add(piece.text, piece);
      continue;
    }
    const words = piece.text.split(/[ \t\n]+/);
    words.forEach((word, n) => {
      if (n > 0 && open) {
        fields.push(open);
        open = undefined;
      }
      if (word !== "") add(word, piece);
    });
  }
  if (open) fields.push(open);
  return fields;
}

function mixed(a: Flow, b: Flow): Flow {
  const below = a.below || b.below ? { below: true as const } : {};
  return { net: a.net || b.net, secret: worst([a.secret, b.secret]), ...below };
}
