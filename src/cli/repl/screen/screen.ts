import type { KeyPane, Pane, Screen } from "../port.js";
import { anew, type Drawn, FRESH, type Frame, frame, type Size, whole } from "./frame.js";
import { stopped } from "./job.js";
import { Pace } from "./pace.js";
import { type Row, reflowed, rowOf } from "./rows.js";
import { rowsOf, Tail } from "./tail.js";
import type { Place, Terminal } from "./terminal.js";

export type ScreenOptions = {
  /** Sees each key first; true keeps it from the pane in focus. */
  onKey?(data: string): boolean;
  /** Nobody is there any more. */
  onGone?(): void;
  /** Inside tmux, words to the terminal need an envelope. */
  tmux?: boolean;
};

export type TerminalScreen = Screen & {
  /** Ctrl-Z: stops this process, and is back on the screen when it goes on. */
  suspend(): Promise<void>;
  /** Ctrl-L: draws all anew, whatever somebody else has written between. */
  redraw(): void;
};

/** A storm of sizes is over after so many milliseconds without one, or has lasted so long that it is worth a look. */
const [STILL_MS, STORM_MS] = [40, 250];

/** Takes the terminal and draws on it, from the line its cursor stands on downwards. */
export function screenOf(terminal: Terminal, options: ScreenOptions = {}): TerminalScreen {
  return new Live(terminal, options);
}

class Live implements TerminalScreen {
  readonly #terminal: Terminal;
  readonly #options: ScreenOptions;
  readonly #pace = new Pace(() => this.#draw());
  readonly #tail = new Tail();
  #state: "open" | "lent" | "closed" = "open";
  #pending: Pane[] = [];
  #live: readonly Pane[] = [];
  #focus: KeyPane | undefined;
  #covers: { pane: KeyPane }[] = [];
  #size: Size;
  #drawn: Drawn = FRESH;
  #covered: Drawn | undefined;
  #known = new Map<string, Row>();
  // what was drawn was drawn for another size
  #stale = false;
  #sizing: { timer?: NodeJS.Timeout; since: number } | undefined;

  constructor(terminal: Terminal, options: ScreenOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#size = { columns: terminal.columns, rows: terminal.rows };
    process.on("SIGCONT", this.#continued);
    this.#take();
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  print(pane: Pane): void {
    this.#pending.push(pane);
    this.#pace.soon();
  }

  live(panes: readonly Pane[]): void {
    this.#live = panes;
    this.#pace.soon();
  }

  focus(pane: KeyPane): void {
    this.#focus = pane;
    this.#pace.soon();
  }

  changed(): void {
    this.#pace.soon();
  }

  cover(pane: KeyPane): () => void {
    const cover = { pane };
    this.#covers.push(cover);
    this.#covered = undefined;
    if (this.#state === "open") this.#terminal.alternate(true);
    this.#pace.soon();
    return () => {
      if (!this.#covers.includes(cover)) return;
      this.#covers = this.#covers.filter((each) => each !== cover);
      this.#covered = undefined;
      if (this.#state === "open") this.#terminal.alternate(this.#covers.length > 0);
      this.#pace.soon();
    };
  }

  async lend<T>(work: () => Promise<T>): Promise<T> {
    if (this.#state !== "open") return work();
    this.#state = "lent";
    this.#leave(this.#erased().bytes);
    try {
      return await work();
    } finally {
      if (this.#state === "lent") this.#take();
    }
  }

  suspend(): Promise<void> {
    return this.lend(stopped);
  }

  redraw(): void {
    this.#resized();
  }

  ring(words: string): void {
    if (this.#state !== "open") return;
    // a number before a semicolon would be a command of some terminals
    const said = words.replace(/[\0-\x1f\x7f-\x9f]+/g, " ").replace(/^\s*\d+;/, (number) => number.replace(";", ","));
    const note = `\u001b]9;${said.slice(0, 200)}\u0007`;
    this.#terminal.write(`\u0007${this.#options.tmux ? `\u001bPtmux;\u001b${note}\u001b\\` : note}`);
  }

  close(): void {
    if (this.#state === "closed") return;
    const last = this.#state === "open" ? this.#last() : "";
    this.#state = "closed";
    process.off("SIGCONT", this.#continued);
    this.#leave(last);
  }

  #take(): void {
    this.#state = "open";
    this.#tail.forget();
    this.#fresh();
    this.#terminal.start({
      key: (data) => this.#key(data),
      handled: () => this.#pace.now(),
      resized: () => this.#resized(),
      drained: () => this.#pace.now(),
      gone: () => this.#options.onGone?.(),
    });
    // behind words without an end of line this goes on to the next row, otherwise it stays on this one
    this.#terminal.write(`${" ".repeat(Math.max(0, this.#size.columns - 1))}\r`);
    if (this.#covers.length > 0) this.#terminal.alternate(true);
    this.#pace.soon();
  }

  #leave(last: string): void {
    this.#pace.stop();
    clearTimeout(this.#sizing?.timer);
    this.#sizing = undefined;
    this.#terminal.stop(last);
  }

  // somebody stopped us from outside, and the shell has changed the terminal since
  readonly #continued = (): void => {
    if (this.#state !== "open") return;
    this.#leave("");
    this.#take();
  };

  #fresh(): void {
    this.#size = { columns: this.#terminal.columns, rows: this.#terminal.rows };
    this.#stale = false;
    this.#drawn = FRESH;
    this.#covered = undefined;
    this.#known.clear();
  }

  #key(data: string): void {
    if (this.#options.onKey?.(data)) return;
    (this.#covers.at(-1)?.pane ?? this.#focus)?.key(data);
  }

  #draw(): void {
    if (this.#state !== "open" || this.#sizing !== undefined || this.#terminal.full) return;
    const cover = this.#covers.at(-1);
    if (cover !== undefined) this.#drawCover(cover.pane);
    else if (this.#stale) void this.#redraw();
    else this.#show(frame(this.#drawn, { printed: this.#printed(), live: this.#rows() }, this.#size));
  }

  #show({ bytes, drawn }: Frame): void {
    this.#drawn = drawn;
    this.#terminal.write(bytes);
  }

  #drawCover(pane: KeyPane): void {
    const size = { columns: this.#terminal.columns, rows: this.#terminal.rows };
    const rows = pane.render(size.columns).map((line) => rowOf(line, size.columns));
    const before = this.#covered ?? { ...FRESH, rows: [], shown: this.#drawn.shown };
    const { bytes, drawn } = whole(before, rows, size);
    this.#terminal.write(this.#covered === undefined ? `\u001b[H${bytes}` : bytes);
    this.#covered = drawn;
    this.#drawn = { ...this.#drawn, shown: drawn.shown };
  }

  #printed(): Row[] {
    return this.#pending.splice(0).flatMap((pane) => {
      const rows = rowsOf(pane, this.#size.columns);
      this.#tail.add(pane, rows);
      return rows;
    });
  }

  // most lines are those of the frame before
  #rows(): Row[] {
    const lines = this.#live.flatMap((pane) => pane.render(this.#size.columns));
    const known = this.#known;
    this.#known = new Map();
    return lines.slice(-this.#size.rows).map((line) => {
      const row = known.get(line) ?? rowOf(line, this.#size.columns);
      this.#known.set(line, row);
      return row;
    });
  }

  #resized(): void {
    this.#stale = true;
    this.#covered = undefined;
    const now = performance.now();
    const since = this.#sizing?.since ?? now;
    clearTimeout(this.#sizing?.timer);
    const timer = setTimeout(
      () => {
        this.#sizing = undefined;
        this.#pace.now();
      },
      Math.max(0, Math.min(STILL_MS, since + STORM_MS - now)),
    );
    this.#sizing = { timer, since };
  }

  // the terminal has wrapped what stood there in its own way; where that begins is told by where its cursor is now
  async #redraw(): Promise<void> {
    const sizing = { since: performance.now() };
    this.#sizing = sizing;
    const place = await this.#terminal.cursor();
    if (this.#sizing !== sizing) return;
    this.#sizing = undefined;
    if (this.#covers.length === 0) this.#again(place);
    this.#pace.now();
  }

  #again(place: Place | undefined): void {
    const size = { columns: this.#terminal.columns, rows: this.#terminal.rows };
    const all = this.#tail.rowsAt(size.columns) + this.#above(size.columns, place);
    const cursor = place?.row ?? Math.min(all, size.rows - 1);
    const up = Math.min(all, cursor);
    const { shown, rows, row } = this.#drawn;
    const below = rows.slice(row).reduce((sum, each) => sum + reflowed(each, size.columns), 0);
    const fill = place === undefined ? up + below : size.rows - (cursor - up);
    this.#fresh();
    const live = this.#rows();
    const room = size.rows - Math.max(1, live.length);
    const printed = this.#tail.redrawn(all - up, { columns: size.columns, room });
    this.#terminal.write(place === undefined && up > 0 ? `\u001b[${up}A\r` : `\u001b[${cursor - up + 1};1H`);
    this.#show(anew({ printed, live }, { size, fill, shown }));
  }

  // rows between the first live one and the cursor, as the terminal has wrapped them
  #above(columns: number, place?: Place): number {
    const { rows, row, column } = this.#drawn;
    const cell = Math.min(column === -1 ? (rows[row]?.width ?? 0) : column, this.#size.columns - 1);
    // some terminals wrap the cursor's own line, some cut it
    const cut = place !== undefined && place.column !== cell % columns;
    const above = rows.slice(0, row).reduce((sum, each) => sum + reflowed(each, columns), 0);
    return above + (cut ? 0 : Math.floor(cell / columns));
  }

  #erased(): Frame {
    if (!this.#stale) return frame(this.#drawn, { printed: [], live: [] }, this.#size);
    const up = Math.min(this.#above(this.#terminal.columns), this.#terminal.rows - 1);
    return { bytes: `${up > 0 ? `\u001b[${up}A` : ""}\r\u001b[J`, drawn: FRESH };
  }

  // what was printed and not drawn yet is not lost, unless it is what crashes
  #last(): string {
    const { bytes, drawn } = this.#erased();
    try {
      const next = { printed: this.#printed(), live: [] };
      return bytes + frame(drawn, next, this.#size).bytes;
    } catch {
      return bytes;
    }
  }
}
