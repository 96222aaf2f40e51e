/** What a call in text begins with; a fence only where its JSON begins like one. */
const BEGINS =
  /^[ \t]*(?:<tool_call>|<function=|```(?:json|tool_call)?\s*\{\s*"(?:name|arguments|parameters|function|type|id)")/;
/** What may become that. */
const MAY_BEGIN = /^[ \t]*(?:<[a-z_]*=?|`{1,2}|```(?:j(?:s(?:on?)?)?|t[a-z_]*)?\s*(?:\{\s*(?:"\w*)?)?)?$/;
const FENCE = /^[ \t]*```/;

/**
 * Lets text through and holds back what, from the beginning of a line on, may be a call that a model wrote as
 * text. What stands in a code fence is an example.
 */
export class TextGate {
  #held = "";
  #lineStart = true;
  #fenced = false;
  /** What is held begins like a call. */
  begun = false;

  get held(): string {
    return this.#held;
  }

  /** Takes text, and gives what is surely no call. */
  feed(piece: string): string {
    if (this.begun) {
      this.#held += piece;
      return "";
    }
    if (!this.#lineStart && !piece.includes("\n")) return piece;
    const text = this.#held + piece;
    this.#held = "";
    return this.#pass(text, 0);
  }

  /** What was held, as it is not a call: up to the next thing that may be one, or all of it. */
  release(which: "one" | "all"): string {
    const text = this.#held;
    this.#held = "";
    this.begun = false;
    return which === "all" ? text : this.#pass(text, this.#line(text, 0));
  }

  /** What was held turned out to be calls. */
  drop(): void {
    this.#held = "";
    this.begun = false;
  }

  // line by line from `from`, where everything before it is text already
  #pass(text: string, from: number): string {
    let at = from;
    while (at < text.length) {
      if (this.#lineStart && this.#holds(text.slice(at))) {
        this.#held = text.slice(at);
        return text.slice(0, at);
      }
      at = this.#line(text, at);
    }
    return text;
  }

  #holds(rest: string): boolean {
    if (this.#fenced) return /^[ \t]*`{0,2}$/.test(rest);
    this.begun = BEGINS.test(rest);
    return this.begun || MAY_BEGIN.test(rest);
  }

  #line(text: string, at: number): number {
    const end = text.indexOf("\n", at) + 1;
    const line = text.slice(at, end === 0 ? undefined : end);
    if (this.#lineStart && FENCE.test(line)) this.#fenced = !this.#fenced;
    this.#lineStart = end !== 0;
    return end === 0 ? text.length : end;
  }
}
