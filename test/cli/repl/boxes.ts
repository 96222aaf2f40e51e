import { CURSOR_MARKER, visibleWidth } from "@earendil-works/pi-tui";
import type { Submitted } from "../../../src/cli/repl/port.js";
import type { Past } from "../../../src/cli/repl/prompt/browsing.js";
import type { PromptBox, PromptParts } from "../../../src/cli/repl/prompt/prompt.js";
import { promptBox } from "../../../src/cli/repl/prompt/prompt-box.js";
import { themeOf } from "../../../src/cli/repl/theme.js";

export const KEY = {
  up: "\u001b[A",
  down: "\u001b[B",
  right: "\u001b[C",
  left: "\u001b[D",
  wordLeft: "\u001b[1;5D",
  wordRight: "\u001b[1;5C",
  home: "\u001b[H",
  end: "\u001b[F",
  enter: "\r",
  erase: "\u007f",
  tab: "\t",
  escape: "\u001b",
  undo: "\u001f",
  redo: "\u001b/",
  ctrl: (letter: string) => String.fromCharCode(letter.charCodeAt(0) - 96),
} as const;

export type Tried = {
  box: PromptBox;
  /** What was sent, and what the owner of the prompt was asked for. */
  sent: { words: string; more: Submitted | undefined }[];
  asked: string[];
  past: Past[];
  press(...keys: string[]): void;
  type(text: string): void;
  paste(text: string): void;
  /** The lines of the frame without styles and marker. */
  lines(columns?: number): string[];
  /** The caret's cell, measured by what stands before it. */
  caret(columns?: number): { row: number; column: number };
};

/** A prompt with hands that write down what they are asked for. */
export function tried(more: Partial<PromptParts> = {}, past: Past[] = []): Tried {
  const sent: Tried["sent"] = [];
  const asked: string[] = [];
  const ask = (what: string) => () => void asked.push(what);
  const box = promptBox({
    theme: themeOf({ colours: true }),
    locale: "en",
    cwd: "/",
    rows: () => 24,
    changed: () => {},
    mode: () => "default",
    history: { near: () => past, all: () => past, add: (entry) => void past.unshift(entry) },
    complete: () => undefined,
    hands: {
      submit: (words, more) => void sent.push({ words, more }),
      interrupt: () => false,
      leave: ask("leave"),
      nextMode: ask("nextMode"),
      unfold: ask("unfold"),
    },
    edit: async () => undefined,
    redraw: ask("redraw"),
    ...more,
  });
  const press = (...keys: string[]) => {
    for (const key of keys) box.key(key);
  };
  const raw = (columns: number) => box.render(columns);
  return {
    box,
    sent,
    asked,
    past,
    press,
    type: (text) => press(...text.split("")),
    paste: (text) => press(`\u001b[200~${text}\u001b[201~`),
    lines: (columns = 60) => raw(columns).map((line) => plain(line).trimEnd()),
    caret(columns = 60) {
      const lines = raw(columns);
      const row = lines.findIndex((line) => line.includes(CURSOR_MARKER));
      return { row, column: visibleWidth((lines[row] ?? "").split(CURSOR_MARKER)[0] ?? "") };
    },
  };
}

/** A line without styles and the caret's marker. */
export function plain(line: string): string {
  return line.replaceAll(CURSOR_MARKER, "").replace(/\u001b\[[\d;]*m/g, "");
}
