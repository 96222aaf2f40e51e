import { PassThrough, Writable } from "node:stream";
import headless, { type Terminal as Emulated } from "@xterm/headless";
import { type ScreenOptions, screenOf, type TerminalScreen } from "../../../src/cli/repl/screen/screen.js";
import { Terminal } from "../../../src/cli/repl/screen/terminal.js";
import { withClusters } from "../../setup/clusters.js";
import { linesOf } from "../../setup/pty.js";

/** A screen over an emulated terminal, all in this process. */
export type Emulator = {
  emulated: Emulated;
  screen: TerminalScreen;
  terminal: Terminal;
  /** All that was written, and how often. */
  written: { text: string; writes: number };
  stdin: PassThrough;
  type(data: string): void;
  resize(columns: number, rows: number): void;
  /** Lets the terminal read no more, until the function it gives is called. */
  block(): () => void;
  /** When the terminal has shown all that was written. */
  settled(): Promise<void>;
  /** Lines that have scrolled away, and the lines of the screen, without blanks at their ends. */
  scrollback(): string[];
  visible(): string[];
};

export function emulator(size: { columns: number; rows: number }, options: ScreenOptions = {}): Emulator {
  const emulated = withClusters(
    new headless.Terminal({ cols: size.columns, rows: size.rows, scrollback: 100_000, allowProposedApi: true }),
  );
  const written = { text: "", writes: 0 };
  const stdin = new PassThrough();
  let blocked: (() => void)[] | undefined;
  const stdout = Object.assign(
    new Writable({
      decodeStrings: false,
      highWaterMark: 4096,
      write(chunk: string, _encoding, done) {
        written.text += chunk;
        written.writes += 1;
        emulated.write(chunk);
        if (blocked === undefined) done();
        else blocked.push(done);
      },
    }),
    { ...size },
  );
  emulated.onData((reply) => stdin.write(reply));
  const terminal = new Terminal({ stdin, stdout });
  const screen = screenOf(terminal, options);
  return {
    emulated,
    screen,
    terminal,
    written,
    stdin,
    type: (data) => void stdin.write(data),
    resize(columns, rows) {
      emulated.resize(columns, rows);
      Object.assign(stdout, { columns, rows });
      stdout.emit("resize");
    },
    block() {
      blocked = [];
      stdout.write("\0".repeat(5000));
      return () => {
        const waiting = blocked ?? [];
        blocked = undefined;
        for (const done of waiting) done();
      };
    },
    settled: () => new Promise((resolve) => emulated.write("", resolve)),
    scrollback: () => linesOf(emulated, 0, emulated.buffer.active.baseY),
    visible: () => linesOf(emulated, emulated.buffer.active.baseY, emulated.buffer.active.length),
  };
}
