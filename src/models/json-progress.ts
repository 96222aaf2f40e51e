/** Follows JSON text as it comes in pieces and knows when one whole object stands there. */
export class JsonProgress {
  text = "";
  #depth = 0;
  #inString = false;
  #escaped = false;

  add(piece: string): void {
    this.text += piece;
    for (let at = 0; at < piece.length; at += 1) this.#step(piece.charCodeAt(at));
  }

  /** An object was opened and closed again; whether it is valid JSON is for the parser to say. */
  get closed(): boolean {
    return this.#depth === 0 && !this.#inString && this.text.trimEnd().endsWith("}");
  }

  #step(code: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (code === BACKSLASH) this.#escaped = true;
      else if (code === QUOTE) this.#inString = false;
      return;
    }
    if (code === QUOTE) this.#inString = true;
    else if (code === OPEN) this.#depth += 1;
    else if (code === CLOSE) this.#depth -= 1;
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;
