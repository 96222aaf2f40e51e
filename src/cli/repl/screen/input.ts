import { StringDecoder } from "node:string_decoder";
import { isKeyRelease, StdinBuffer } from "@earendil-works/pi-tui";

/** What a terminal answered: the keyboard protocol it speaks, or where its cursor stands, counted from 1. */
export type Reply = { type: "keyboard" } | { type: "cursor"; row: number; column: number };

export type InputHandlers = {
  /** One key sequence, or one paste between its marks. */
  key(data: string): void;
  /** Every key of what came at once has been told. */
  handled(): void;
  reply(reply: Reply): void;
};

// `last` may hold the first characters of the mark that ends it
type Paste = { pieces: string[]; last: string };

const [PASTE, PASTED] = ["\u001b[200~", "\u001b[201~"];
/** How long an Esc waits for the rest of a sequence. */
const ESC_MS = 10;
const KEYBOARD = /^\u001b\[\?\d+u$/;
const CURSOR = /^\u001b\[(\d+);(\d+)R$/;
// answers, focus and mouse reports, and whole strings of the terminal: nothing that a person typed
const REPORT = /^\u001b(?:\[[?>=][\d;]*\$?[a-zA-Z]|\[[IO]$|\[<[\d;]*[Mm]|\[M|[P\]_X^][\s\S]+)/;
// Ctrl-C, as each keyboard protocol writes it
const STOP = /^(?:\u0003|\u001b\[99;5u|\u001b\[27;5;99~)$/;
// no key begins so and ends there: the rest is still on its way, however late
const BEGUN = /^\u001b\[[?>\d][\d;]*$/;

/** Cuts what a terminal sends into keys, pastes and replies, wherever its pieces end. */
export class Input {
  readonly #handlers: InputHandlers;
  readonly #decoder = new StringDecoder("utf8");
  // it would search a long paste from its beginning with each piece, so pastes are gathered here
  readonly #keys = new StdinBuffer({ timeout: ESC_MS });
  #begun = "";
  #half = "";
  #paste: Paste | undefined;
  #feeding = false;

  constructor(handlers: InputHandlers) {
    this.#handlers = handlers;
    this.#keys.on("data", (sequence) => this.#sequence(sequence));
  }

  feed(chunk: Buffer | string): void {
    const fresh = typeof chunk === "string" ? chunk : this.#decoder.write(chunk);
    if (fresh === "") return;
    this.#feeding = true;
    try {
      this.#cut(fresh);
    } finally {
      this.#feeding = false;
    }
    this.#handlers.handled();
  }

  /** Forgets what had only begun. */
  end(): void {
    this.#keys.destroy();
  }

  #cut(fresh: string): void {
    let text = fresh;
    while (text !== "") text = this.#paste === undefined ? this.#typed(text) : this.#pasted(this.#paste, text);
  }

  #typed(fresh: string): string {
    const text = this.#begun + this.#keys.getBuffer() + fresh;
    this.#begun = "";
    this.#keys.clear();
    const at = text.indexOf(PASTE);
    if (at === -1) {
      this.#keys.process(text);
      return "";
    }
    if (at > 0) this.#keys.process(text.slice(0, at));
    for (const rest of this.#keys.flush()) this.#sequence(rest);
    this.#paste = { pieces: [], last: "" };
    return text.slice(at + PASTE.length);
  }

  #pasted(paste: Paste, text: string): string {
    const joined = paste.last + text;
    const end = joined.indexOf(PASTED);
    // the end of a paste may be lost on its way: nobody shall be shut in
    if (end === -1 && STOP.test(text)) return `${PASTED}${text}`;
    if (end === -1) {
      const sure = Math.max(0, joined.length - PASTED.length + 1);
      paste.pieces.push(joined.slice(0, sure));
      paste.last = joined.slice(sure);
      return "";
    }
    this.#paste = undefined;
    this.#handlers.key([PASTE, ...paste.pieces, joined.slice(0, end), PASTED].join(""));
    return joined.slice(end + PASTED.length);
  }

  #sequence(sequence: string): void {
    const data = this.#half + sequence;
    this.#half = "";
    if (/^[\ud800-\udbff]$/.test(data)) {
      this.#half = data;
      return;
    }
    if (BEGUN.test(data)) {
      this.#begun = data;
      return;
    }
    this.#tell(data);
    if (!this.#feeding) this.#handlers.handled();
  }

  #tell(data: string): void {
    const cursor = CURSOR.exec(data);
    if (cursor !== null) this.#handlers.reply({ type: "cursor", row: Number(cursor[1]), column: Number(cursor[2]) });
    else if (KEYBOARD.test(data)) this.#handlers.reply({ type: "keyboard" });
    else if (!REPORT.test(data) && !isKeyRelease(data)) this.#handlers.key(data);
  }
}
