import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { setKittyProtocolActive } from "@earendil-works/pi-tui";
import { Input, type Reply } from "./input.js";

export type TerminalStreams = {
  stdin: Readable & { isRaw?: boolean; setRawMode?(raw: boolean): unknown };
  stdout: Writable & { isTTY?: boolean; fd?: number; columns?: number; rows?: number };
};

export type TerminalHandlers = {
  /** One key sequence, or one paste between its marks; never a key's release, never an answer of the terminal. */
  key(data: string): void;
  /** Every key of what came at once has been told. */
  handled(): void;
  resized(): void;
  /** After `full`: there is room again. */
  drained(): void;
  /** Nobody is there any more: the terminal was closed, or the connection to it. */
  gone(): void;
};

/** Where the cursor stands, counted from 0. */
export type Place = { row: number; column: number };

const KITTY_ON = "\u001b[>7u";
const KITTY_OFF = "\u001b[<u";
const OTHER_KEYS_ON = "\u001b[>4;2m";
const OTHER_KEYS_OFF = "\u001b[>4;0m";
/** How long a terminal has for its answers. */
const ANSWER_MS = 150;

/** A terminal in our hands from `start` to `stop`, again and again. */
export class Terminal {
  readonly #streams: TerminalStreams;
  #handlers: TerminalHandlers | undefined;
  #input: Input | undefined;
  #wasRaw = false;
  #keyboard: "plain" | "kitty" | "other keys" = "plain";
  #alternate = false;
  #timer: NodeJS.Timeout | undefined;
  #asked: ((place: Place | undefined) => void)[] = [];
  #gone = false;
  #starts = 0;

  constructor(streams: TerminalStreams) {
    this.#streams = streams;
    // they stay, so that a last write to nobody cannot throw
    streams.stdout.on("error", () => this.#lost());
    streams.stdin.on("error", () => this.#lost());
  }

  get columns(): number {
    return this.#streams.stdout.columns || 80;
  }

  get rows(): number {
    return this.#streams.stdout.rows || 24;
  }

  /** What was written waits to be read: what can be left out should be. */
  get full(): boolean {
    return this.#streams.stdout.writableNeedDrain;
  }

  start(handlers: TerminalHandlers): void {
    if (this.#handlers !== undefined) return;
    const { stdin, stdout } = this.#streams;
    this.#handlers = handlers;
    this.#input = new Input({ ...handlers, reply: (reply) => this.#reply(reply) });
    this.#wasRaw = stdin.isRaw ?? false;
    this.#raw(true);
    stdin.on("data", this.#data);
    stdin.on("end", this.#lost);
    stdout.on("resize", handlers.resized);
    stdout.on("drain", handlers.drained);
    stdin.resume();
    // a size that changed while another program had the terminal is noticed so
    if (this.#starts++ > 0 && stdout.isTTY && process.platform !== "win32") process.kill(process.pid, "SIGWINCH");
    this.write("\u001b[?2004h\u001b[?u");
    this.#timer = setTimeout(() => this.#keys("other keys"), ANSWER_MS);
  }

  /** Leaves everything as it was found, after `last` was written; at once, so that it may be the last thing a process does. */
  stop(last = ""): void {
    if (this.#handlers === undefined) return;
    const { stdin, stdout } = this.#streams;
    const { resized, drained } = this.#handlers;
    clearTimeout(this.#timer);
    this.#handlers = undefined;
    this.#input?.end();
    for (const tell of this.#asked.splice(0)) tell(undefined);
    stdin.off("data", this.#data);
    stdin.off("end", this.#lost);
    stdout.off("resize", resized);
    stdout.off("drain", drained);
    stdin.pause();
    const keys = this.#keyboardOff();
    const screen = this.#alternate ? `${keys}\u001b[?1049l` : "";
    this.#alternate = false;
    this.#now(`${screen}${last}${keys}\u001b[?2004l\u001b[?7h\u001b[0m\u001b[?25h\u001b[?2026l`);
    this.#raw(this.#wasRaw);
  }

  write(data: string): void {
    if (this.#gone || data === "") return;
    try {
      this.#streams.stdout.write(data);
    } catch {
      this.#lost();
    }
  }

  /** To the screen beside the scrollback and back. It has a keyboard of its own. */
  alternate(on: boolean): void {
    if (on === this.#alternate) return;
    this.#alternate = on;
    const kitty = this.#keyboard === "kitty";
    this.write(on ? `\u001b[?1049h${kitty ? KITTY_ON : ""}` : `${kitty ? KITTY_OFF : ""}\u001b[?1049l`);
  }

  /** Asks the terminal for its cursor; undefined when it does not answer in time. */
  async cursor(): Promise<Place | undefined> {
    if (this.#handlers === undefined || this.#gone) return undefined;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#asked = this.#asked.filter((each) => each !== tell);
        resolve(undefined);
      }, ANSWER_MS);
      const tell = (place: Place | undefined) => {
        clearTimeout(timer);
        resolve(place);
      };
      this.#asked.push(tell);
      this.write("\u001b[6n");
    });
  }

  readonly #data = (chunk: Buffer | string): void => this.#input?.feed(chunk);

  readonly #lost = (): void => {
    if (this.#gone) return;
    this.#gone = true;
    this.#handlers?.gone();
  };

  #reply(reply: Reply): void {
    if (reply.type === "keyboard") this.#keys("kitty");
    else this.#asked.shift()?.({ row: reply.row - 1, column: reply.column - 1 });
  }

  // an answer that comes late takes the place of what was done without it
  #keys(speaks: "kitty" | "other keys"): void {
    if (this.#keyboard === "kitty" || this.#keyboard === speaks) return;
    const before = this.#keyboard === "other keys" ? OTHER_KEYS_OFF : "";
    clearTimeout(this.#timer);
    this.#keyboard = speaks;
    if (speaks === "kitty") setKittyProtocolActive(true);
    this.write(before + (speaks === "kitty" ? KITTY_ON : OTHER_KEYS_ON));
  }

  #keyboardOff(): string {
    const off = { plain: "", kitty: KITTY_OFF, "other keys": OTHER_KEYS_OFF }[this.#keyboard];
    if (this.#keyboard === "kitty") setKittyProtocolActive(false);
    this.#keyboard = "plain";
    return off;
  }

  #raw(raw: boolean): void {
    try {
      this.#streams.stdin.setRawMode?.(raw);
    } catch {
      this.#lost();
    }
  }

  #now(data: string): void {
    const { stdout } = this.#streams;
    if (!stdout.isTTY || stdout.fd === undefined) this.write(data);
    else if (this.#gone || !wrote(stdout.fd, data)) letGo(stdout.fd);
  }
}

// a terminal that does not read gets a little time; one that is gone gets none
function wrote(fd: number, data: string): boolean {
  let rest = Buffer.from(data);
  for (let tries = 0; rest.length > 0 && tries < 50; tries += 1) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return true;
}

// at its end Node aborts when it cannot restore the modes of a terminal that is gone: it shall find nothing there
function letGo(terminal: number): void {
  const { rdev } = fstatSync(terminal);
  for (const fd of [0, 1, 2].filter((each) => fstatSync(each).rdev === rdev)) {
    closeSync(fd);
    openSync("/dev/null", "r+");
  }
}
