import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { makeFolder } from "./files.js";
import { inPieces, type Pieces } from "./secret-pieces.js";

/** What is kept in memory of an output, in characters, and the most that is written to its file, in bytes. */
const BOUNDS = { head: 10_000, tail: 20_000, file: 1024 ** 3 };

export type Captured = {
  /** Head and tail with a line between them that says what is missing; valid Unicode without escape sequences. */
  text: string;
  /** Bytes in all. */
  total: number;
  /** Where the whole output is, when `text` is not all of it. */
  file?: string;
};

/** `redact` takes the secrets out of what goes to a file; `live` is a file that all of it goes to from the first line on. */
type Keeping = { redact?: ((text: string) => string) | undefined; live?: string | undefined };

/** Keeps the beginning and the end of an output of any length; once it is long, all of it goes to a file. */
export class Capture {
  readonly #decoder = new StringDecoder("utf8");
  readonly #folder: string;
  #total = 0;
  #head = "";
  #tail = "";
  #cut = false;
  #file: { path: string; fd: number; size: number } | undefined;
  #early: Buffer[] = [];
  /** Why its file holds the beginning only. */
  #short: string | undefined;
  readonly #pieces: Pieces | undefined;

  /** `folder` is made when the first long output needs it. */
  constructor(folder: string, { redact, live }: Keeping = {}) {
    this.#folder = folder;
    this.#pieces = redact && inPieces(redact, live === undefined ? undefined : 1);
    if (live !== undefined) this.#file = this.#open(live, "w");
  }

  add(bytes: Buffer): void {
    this.#total += bytes.length;
    const text = this.#decoder.write(bytes);
    this.#save(this.#pieces ? Buffer.from(this.#pieces.add(text)) : bytes);
    this.#keep(text);
  }

  end(): Captured {
    const last = this.#decoder.end();
    if (this.#pieces) this.#save(Buffer.from(this.#pieces.add(last) + this.#pieces.end()));
    this.#keep(last);
    if (this.#file) closeSync(this.#file.fd);
    const text = this.#cut
      ? `${plain(this.#head)}\n${this.#gap()}\n${plain(this.#tail)}`
      : plain(this.#head + this.#tail);
    return {
      text: text.toWellFormed(),
      total: this.#total,
      ...(this.#cut && this.#file ? { file: this.#file.path } : {}),
    };
  }

  #gap(): string {
    const left = this.#total - Buffer.byteLength(this.#head) - Buffer.byteLength(this.#tail);
    const what = this.#short === undefined ? "the whole output is" : "its beginning is";
    const where = this.#file ? `; ${what} in ${this.#file.path}` : "";
    const why = this.#short === undefined ? "" : `; the rest could not be kept (${this.#short})`;
    return `[… ${left} bytes left out${where}${why} …]`;
  }

  #keep(text: string): void {
    const room = BOUNDS.head - this.#head.length;
    if (room > 0) this.#head += text.slice(0, room);
    if (text.length <= room) return;
    this.#tail += text.slice(Math.max(0, room));
    if (this.#tail.length <= BOUNDS.tail * 2) return;
    this.#tail = this.#tail.slice(-BOUNDS.tail);
    this.#cut = true;
  }

  // a disk that is full ends no command, and not this process
  #save(bytes: Buffer): void {
    if (this.#short !== undefined) return;
    try {
      this.#put(bytes);
    } catch (error) {
      this.#short = error instanceof Error ? error.message : String(error);
      this.#early = [];
    }
  }

  // nothing is written for a short output
  #put(bytes: Buffer): void {
    if (!this.#file && this.#total <= BOUNDS.head + BOUNDS.tail) {
      this.#early.push(bytes);
      return;
    }
    this.#file ??= this.#open(join(this.#folder, `output-${Math.random().toString(36).slice(2, 12)}.txt`), "wx");
    if (this.#file.size + bytes.length > BOUNDS.file) throw new Error("it is larger than 1 GiB");
    const all = this.#early.length === 0 ? bytes : Buffer.concat([...this.#early.splice(0), bytes]);
    for (let from = 0; from < all.length; ) from += writeSync(this.#file.fd, all, from);
    this.#file.size += all.length;
  }

  #open(path: string, how: "w" | "wx"): { path: string; fd: number; size: number } {
    makeFolder(this.#folder, 0o700);
    return { path, fd: openSync(path, how, 0o600), size: 0 };
  }
}

// CSI, OSC and two-character escape sequences (ECMA-48)
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** A text without escape sequences; of a line that was written over, the last state counts. */
export function plain(text: string): string {
  const shown = text.replace(ESCAPES, "").replaceAll("\r\n", "\n");
  return shown.includes("\r") ? shown.replace(/[^\n]*\r(?=[^\n])/g, "").replaceAll("\r", "") : shown;
}
