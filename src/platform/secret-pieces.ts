/** Redacts a text that comes in pieces. `add` gives what can be written now, `end` the rest. */
export type Pieces = { add(piece: string): string; end(): string };

/** In characters: how much is gathered where nobody says, and the most that is held back. */
const BOUNDS = { block: 16_384, most: 65_536 };

/** Cuts only between lines and not within a key block; a line longer than 64 kB where no secret is seen to be. `block` is how much is gathered before something is given. */
export function inPieces(redact: (text: string) => string, block = BOUNDS.block): Pieces {
  let held: string[] = [];
  let size = 0;
  let enough = block;
  return {
    add(piece) {
      held.push(piece);
      size += piece.length;
      if (size < enough) return "";
      const text = held.join("");
      const cut = cutOf(text, redact);
      held = [text.slice(cut)];
      size = text.length - cut;
      enough = size + block;
      return redact(text.slice(0, cut));
    },
    end() {
      const rest = held.join("");
      held = [];
      size = 0;
      return redact(rest);
    },
  };
}

function cutOf(text: string, redact: (text: string) => string): number {
  const begin = text.lastIndexOf("-----BEGIN ");
  const open = begin >= 0 && text.indexOf("-----END ", begin) < 0;
  const line = (open ? text.lastIndexOf("\n", begin) : text.lastIndexOf("\n")) + 1;
  if (line > 0 || text.length < BOUNDS.most) return line;
  return withinLine(text, redact);
}

// where both sides redacted apart are the whole redacted; far enough from the end for a secret that goes on there
function withinLine(text: string, redact: (text: string) => string): number {
  const whole = redact(text);
  for (let back = BOUNDS.most / 16; back < text.length; back *= 2) {
    const cut = characterBefore(text, text.length - back);
    if (redact(text.slice(0, cut)) + redact(text.slice(cut)) === whole) return cut;
  }
  return characterBefore(text, text.length - BOUNDS.most / 16);
}

function characterBefore(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
