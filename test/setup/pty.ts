import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readlinkSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { type IPty, spawn } from "@lydell/node-pty";
import headless, { type Terminal } from "@xterm/headless";
import { withClusters } from "./clusters.js";

export type PtyOptions = {
  file: string;
  args?: readonly string[];
  cwd: string;
  /** The whole environment, but for PATH and TERM, which it may set. */
  env?: Record<string, string>;
  columns?: number;
  rows?: number;
  /** Answers the question for the Kitty keyboard protocol, as the terminals do that have it. */
  kitty?: boolean;
};

/** What a program has switched on. `kitty` counts the flags it pushed and did not pop, of both screens. */
export type Modes = {
  bracketedPaste: boolean;
  alternate: boolean;
  cursor: boolean;
  kitty: number;
  otherKeys: number;
  wraps: boolean;
  synchronized: boolean;
};

export type Wanted = string | RegExp | ((screen: readonly string[]) => boolean);

const KEYS = {
  enter: "\r",
  esc: "\u001b",
  tab: "\t",
  "shift-tab": "\u001b[Z",
  backspace: "\u007f",
  delete: "\u001b[3~",
  up: "\u001b[A",
  down: "\u001b[B",
  right: "\u001b[C",
  left: "\u001b[D",
  home: "\u001b[H",
  end: "\u001b[F",
  "page-up": "\u001b[5~",
  "page-down": "\u001b[6~",
  "alt-enter": "\u001b\r",
  "shift-enter": "\u001b[13;2u",
} as const;

export type KeyName = keyof typeof KEYS | `ctrl-${string}`;

// the outer shell outlives the program and sees how it left the terminal; the inner one becomes the program
const OUTER = `trap : INT TERM HUP QUIT
sh -c 'echo $$ > "$0/pid"; exec "$@"' "$@"
code=$?
stty -a > "$1/stty" 2> /dev/null
exit $code`;

const LIMIT_MS = 15_000;

/** Runs a command in a real pseudo-terminal with an emulator behind it. */
export function pty(options: PtyOptions): PtySession {
  return new PtySession(options);
}

export class PtySession {
  readonly emulated: Terminal;
  /** All output so far. */
  readonly bytes = { count: 0, log: "" };
  /** As shells count: a program that a signal ended has 128 and its number. */
  readonly ended: Promise<{ code: number; signal: string | undefined }>;
  readonly #pty: IPty;
  readonly #folder = mkdtempSync(join(tmpdir(), "nanocoder-pty-"));
  readonly #wakes = new Set<() => void>();
  #over = false;
  #cursor = true;
  #otherKeys = 0;
  #kitty: number[] = [];

  constructor({ file, args = [], cwd, env = {}, columns = 80, rows = 24, kitty = false }: PtyOptions) {
    const sized = { cols: columns, rows, scrollback: 100_000, allowProposedApi: true };
    this.emulated = withClusters(new headless.Terminal(sized));
    this.#watch(kitty);
    this.#pty = spawn("/bin/sh", ["-c", OUTER, "sh", this.#folder, file, ...args], {
      name: env.TERM ?? "xterm-256color",
      cols: columns,
      rows,
      cwd,
      env: { PATH: process.env.PATH, ...env },
    });
    this.emulated.onData((reply) => this.#write(reply));
    this.emulated.onWriteParsed(() => this.#wake());
    this.#pty.onData((data) => {
      this.bytes.count += Buffer.byteLength(data);
      this.bytes.log += data;
      this.emulated.write(data);
    });
    this.ended = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode }) => {
        this.#over = true;
        // what came last is still to be shown
        this.emulated.write("", () => {
          this.#wake();
          resolve({ code: exitCode, signal: signalOf(exitCode) });
        });
      });
    });
  }

  type(text: string): void {
    this.#write(text);
  }

  key(name: KeyName): void {
    const known = Object.entries(KEYS).find(([each]) => each === name)?.[1];
    this.#write(known ?? String.fromCharCode((name.at(-1) ?? "@").toUpperCase().charCodeAt(0) & 0x1f));
  }

  /** As a terminal pastes: between marks, if the program has asked for them. */
  paste(text: string): void {
    const typed = text.replace(/\r?\n/g, "\r");
    this.#write(this.modes.bracketedPaste ? `\u001b[200~${typed}\u001b[201~` : typed);
  }

  resize(columns: number, rows: number): void {
    this.emulated.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** To the program itself. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  get pid(): number {
    return Number(readFileSync(join(this.#folder, "pid"), "utf8"));
  }

  /** Closes the window: the program gets SIGHUP, and its terminal is gone. */
  hangUp(): void {
    if ("destroy" in this.#pty && typeof this.#pty.destroy === "function") this.#pty.destroy();
  }

  /** Waits until the screen shows something, frame by frame. */
  async until(wanted: Wanted, limit = LIMIT_MS): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      const done = (act: () => void) => {
        clearTimeout(timer);
        this.#wakes.delete(look);
        act();
      };
      const fail = (why: string) => done(() => reject(new Error(`${why}: ${wanted}\n${this.dump()}`)));
      const look = () => {
        const screen = this.screen();
        if (!this.modes.synchronized && shows(screen, wanted)) done(() => resolve(screen));
        else if (this.#over) fail("the program ended before its screen showed");
      };
      const timer = setTimeout(() => fail(`not seen within ${limit} ms`), limit);
      this.#wakes.add(look);
      look();
    });
  }

  /** The lines that stand on the screen, without blanks at their ends. */
  screen(): string[] {
    const { baseY } = this.emulated.buffer.active;
    return linesOf(this.emulated, baseY, baseY + this.emulated.rows);
  }

  /** All lines: what has scrolled away, and the screen. */
  scrollback(): string[] {
    return linesOf(this.emulated, 0, this.emulated.buffer.active.length);
  }

  cursor(): { row: number; column: number } {
    const { cursorX, cursorY } = this.emulated.buffer.active;
    return { row: cursorY, column: cursorX };
  }

  get modes(): Modes {
    const { bracketedPasteMode, wraparoundMode, synchronizedOutputMode } = this.emulated.modes;
    return {
      bracketedPaste: bracketedPasteMode,
      alternate: this.emulated.buffer.active.type === "alternate",
      cursor: this.#cursor,
      kitty: this.#kitty.length,
      otherKeys: this.#otherKeys,
      wraps: wraparoundMode,
      synchronized: synchronizedOutputMode,
    };
  }

  /** What the program has left switched on, in words; nothing when it restored all. Also while it runs: then as it is now. */
  restored(): string[] {
    const { bracketedPaste, alternate, cursor, kitty, otherKeys, wraps, synchronized } = this.modes;
    const stty = this.#over ? readFileSync(join(this.#folder, "stty"), "utf8") : sttyOf(this.pid);
    const left = {
      "bracketed paste": bracketedPaste,
      "the alternate screen": alternate,
      "a hidden cursor": !cursor,
      "the Kitty keyboard protocol": kitty !== 0,
      modifyOtherKeys: otherKeys !== 0,
      "lines that do not wrap": !wraps,
      "synchronized output": synchronized,
      "raw mode": !/\sicanon\b/.test(stty) || !/\secho\b/.test(stty) || !/\sisig\b/.test(stty),
    };
    return Object.entries(left).flatMap(([name, on]) => (on ? [name] : []));
  }

  dump(): string {
    const { row, column } = this.cursor();
    const lines = this.screen().map((line, at) => `${at === row ? ">" : " "}|${line}`);
    return `${lines.join("\n")}\ncursor ${row},${column}; ${JSON.stringify(this.modes)}`;
  }

  #write(data: string): void {
    if (!this.#over) this.#pty.write(data);
  }

  #wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  #watch(kitty: boolean): void {
    const { parser } = this.emulated;
    const seen = (params: (number | number[])[], mode: number) => params.flat().includes(mode);
    const cursor = (shown: boolean) => (params: (number | number[])[]) => {
      if (seen(params, 25)) this.#cursor = shown;
      return false;
    };
    parser.registerCsiHandler({ prefix: "?", final: "h" }, cursor(true));
    parser.registerCsiHandler({ prefix: "?", final: "l" }, cursor(false));
    parser.registerCsiHandler({ prefix: ">", final: "m" }, ([what, value]) => {
      if (what === 4) this.#otherKeys = Number(value ?? 0);
      return true;
    });
    parser.registerCsiHandler({ prefix: ">", final: "u" }, ([flags]) => {
      this.#kitty.push(Number(flags));
      return true;
    });
    parser.registerCsiHandler({ prefix: "<", final: "u" }, () => {
      this.#kitty.pop();
      return true;
    });
    parser.registerCsiHandler({ prefix: "?", final: "u" }, () => {
      if (kitty) this.#write(`\u001b[?${this.#kitty.at(-1) ?? 0}u`);
      return true;
    });
  }
}

/** Rows of an emulated terminal, counted from the oldest that it keeps. */
export function linesOf(emulated: Terminal, from: number, to: number): string[] {
  const rows = Array.from({ length: to - from }, (_, at) => emulated.buffer.active.getLine(from + at));
  return rows.map((row) => row?.translateToString(true, 0, emulated.cols).trimEnd() ?? "");
}

function shows(screen: readonly string[], wanted: Wanted): boolean {
  if (typeof wanted === "function") return wanted(screen);
  const text = screen.join("\n");
  return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
}

function signalOf(code: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
}

function sttyOf(pid: number): string {
  return execFileSync("stty", ["-a", "-F", readlinkSync(`/proc/${pid}/fd/0`)], { encoding: "utf8" });
}
