/** Follows JSON text as it comes in pieces and knows when one whole object, or one whole string, stands there. */
export class JsonProgress {
  text = "";
  #depth = 0;
  #inString = false;
  #escaped = false;
  #whole = false;

  add(piece: string): void {
    this.text += piece;
    for (let at = 0; at < piece.length; at += 1) this.#step(piece.charCodeAt(at));
  }

  /** Something was opened and closed again; whether it is valid JSON is for the parser to say. */
  get closed(): boolean {
    return this.#whole && this.#depth === 0 && !this.#inString;
  }

  #step(code: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (code === BACKSLASH) this.#escaped = true;
      else if (code === QUOTE) {
        this.#inString = false;
        this.#whole ||= this.#depth === 0;
      }
      return;
    }
    if (code === QUOTE) this.#inString = true;
    else if (code === OPEN) this.#depth += 1;
    else if (code === CLOSE) {
      this.#depth -= 1;
      this.#whole ||= this.#depth === 0;
    }
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;
