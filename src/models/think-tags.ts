const OPEN = "<think>";
const CLOSE = "</think>";

export type Words = { text: string; thinking: string };

/**
 * Splits off the thinking that some models put before their answer as `<think>…</think>`, however the pieces
 * are cut. Only at the very beginning: later in an answer the tag is text.
 */
export class ThinkTags {
  #state: "start" | "thinking" | "after" | "text" = "start";
  #held = "";

  /** The answer has begun: nothing more is split off. */
  get passed(): boolean {
    return this.#state === "text" && this.#held === "";
  }

  feed(piece: string): Words {
    if (this.#state === "text") return { text: piece, thinking: "" };
    this.#held += piece;
    if (this.#state === "start" && !this.#open()) return this.#state === "start" ? NOTHING : this.#release();
    return this.#state === "thinking" ? this.#think() : this.#afterwards("");
  }

  /** What was held back when the stream ended. */
  end(): Words {
    const held = this.#held;
    this.#held = "";
    return this.#state === "thinking" ? { text: "", thinking: held } : { text: held, thinking: "" };
  }

  #open(): boolean {
    const begun = this.#held.trimStart();
    if (begun.startsWith(OPEN)) {
      this.#state = "thinking";
      this.#held = begun.slice(OPEN.length);
      return true;
    }
    if (!OPEN.startsWith(begun)) this.#state = "text";
    return false;
  }

  #release(): Words {
    const text = this.#held;
    this.#held = "";
    return { text, thinking: "" };
  }

  #think(): Words {
    const end = this.#held.indexOf(CLOSE);
    if (end >= 0) {
      const thinking = this.#held.slice(0, end);
      this.#held = this.#held.slice(end + CLOSE.length);
      this.#state = "after";
      return this.#afterwards(thinking);
    }
    const safe = this.#held.length - partialEnd(this.#held);
    const thinking = this.#held.slice(0, safe);
    this.#held = this.#held.slice(safe);
    return { text: "", thinking };
  }

  // the blank lines between thinking and answer belong to neither
  #afterwards(thinking: string): Words {
    this.#held = this.#held.trimStart();
    if (this.#held === "") return { text: "", thinking };
    this.#state = "text";
    return { ...this.#release(), thinking };
  }
}

const NOTHING: Words = { text: "", thinking: "" };

// how many characters at the end may be the beginning of the closing tag
function partialEnd(text: string): number {
  for (let size = Math.min(CLOSE.length - 1, text.length); size > 0; size -= 1) {
    if (CLOSE.startsWith(text.slice(-size))) return size;
  }
  return 0;
}
