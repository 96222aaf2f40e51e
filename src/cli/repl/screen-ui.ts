import { matchesKey } from "@earendil-works/pi-tui";
import { sentence } from "../../core/run-tools.js";
import { visible } from "../../platform/text.js";
import { questions } from "./asked/questions.js";
import type { Locale } from "./locale.js";
import { inEditor } from "./own-editor.js";
import type { Hands, KeyPane, Pane, Said, Ui } from "./port.js";
import type { Completer } from "./prompt/completing.js";
import { fileHistory } from "./prompt/history.js";
import { promptBox } from "./prompt/prompt-box.js";
import { screenOf, type TerminalScreen } from "./screen/screen.js";
import { Terminal, type TerminalStreams } from "./screen/terminal.js";
import { wrappedTable, wrappedText } from "./screen/wrap.js";
import { readSent } from "./slash.js";
import type { Look } from "./told/folded.js";
import { indicator } from "./told/indicator.js";
import { markdown } from "./told/markdown.js";
import { promptLines } from "./told/prompt-lines.js";
import { queuedLines, statusLine } from "./told/status-line.js";
import { transcript } from "./told/transcript.js";
import { viewer } from "./told/viewer.js";

export type ScreenParts = {
  streams: TerminalStreams;
  look: Look;
  hands: Hands;
  home: string;
  cwd: string;
  /** Takes secrets out of what is kept. */
  redact(text: string): string;
  /** The person's editor, where one is set, and the environment of what it starts. */
  editor: string | undefined;
  env: Record<string, string>;
  tmux: boolean;
  complete: Completer;
  /** Nobody is there any more. */
  gone(): void;
};

/** The front end of a session, and what its life needs beside that. */
export type Face = {
  ui: Ui;
  /** Nothing goes on any more: the next words are wanted. */
  ready(): void;
  /** SIGINT, where the terminal's keys do not reach us as keys. False: there was nothing to interrupt. */
  interrupted(): boolean;
  /** Leaves unanswered what is asked, and closes what else has the terminal. */
  dismiss(): Promise<void>;
};

const WORDS: Record<Locale, { noEditor: string; failed: string; history(why: string): string }> = {
  en: {
    noEditor: "No editor is set: export EDITOR=…",
    failed: "The editor ended with a failure: the prompt is as it was.",
    history: (why) => `Prompts are not kept for the next session: ${why}`,
  },
  zh: {
    noEditor: "没有设置编辑器:export EDITOR=…",
    failed: "编辑器异常退出:提示词保持原样。",
    history: (why) => `提示词无法保存到下次会话:${why}`,
  },
};

/** Rows that a board may take. */
const BOARD = 12;
/** From this height on there is a blank line above the prompt. */
const ROOMY = 8;

/** The front end on a terminal: panes on a screen, and keys to where they belong. */
export function screenUi(parts: ScreenParts): Face {
  const { look, hands } = parts;
  const { theme, locale } = look;
  const words = WORDS[locale];
  let board: (() => readonly string[]) | undefined;
  let asking: KeyPane | undefined;
  let lent: { ended: Promise<unknown>; end: AbortController } | undefined;
  const screen = screenOf(new Terminal(parts.streams), {
    tmux: parts.tmux,
    onKey: (data) => onKey(data, screen),
    onGone: () => parts.gone(),
  });
  const changed = () => screen.changed();
  const { print, say, echo } = printing(screen, look);
  const edit = async (text: string) => {
    const { editor: command, env } = parts;
    if (!command?.trim()) say({ type: "error", text: words.noEditor });
    if (!command?.trim()) return undefined;
    const end = new AbortController();
    const ended = screen.lend(() => inEditor(text, { command, env, signal: end.signal }));
    lent = { ended, end };
    const after = await ended.finally(() => {
      lent = undefined;
    });
    if (after === undefined) say({ type: "error", text: words.failed });
    return after;
  };
  const told = transcript({ look, print, now: () => Date.now() });
  const working = indicator(theme, locale, changed);
  const box = promptBox({
    ...{ theme, locale, changed, hands: echoing(hands, echo), edit, cwd: parts.cwd, complete: parts.complete },
    rows: () => screen.rows,
    mode: () => hands.status().mode,
    history: fileHistory({ ...parts, failed: (error) => say({ type: "note", text: words.history(sentence(error)) }) }),
    redraw: () => screen.redraw(),
    unclaimed: () => undefined,
  });
  const asker = questions({
    ...{ theme, locale, changed, edit },
    rows: () => screen.rows,
    now: () => performance.now(),
    later: (work, ms) => void setTimeout(work, ms),
    interrupt: () => hands.interrupt(),
    show(pane) {
      asking = pane;
      screen.focus(pane ?? box);
      changed();
    },
  });
  const prompt: Pane = { render: (columns) => (asking ?? box).render(columns) };
  const [queued, status] = [queuedLines, statusLine].map((pane) => pane(() => hands.status(), theme, locale));
  const gap: Pane = { render: () => (screen.rows < ROOMY ? [] : [""]) };
  // who is asked is waited for: nothing goes on
  const doing: Pane = { render: (columns) => (asking ? [] : working.render(columns)) };
  screen.live(
    [told.live, gap, boarded(() => board?.()), doing, queued, prompt, status].filter((pane) => pane !== undefined),
  );
  screen.focus(box);
  const { ask, choose, fill } = asker;
  const ui: Ui = {
    ...{ ask, choose, fill },
    edit,
    say,
    see(item) {
      told.see(item);
      working.see(item);
    },
    recount: (events) => told.recount(events),
    busy: (what) => working.busy(what),
    board(lines) {
      board = lines;
      changed();
    },
    put: (text) => box.put([text, box.text()].filter((each) => each !== "").join("\n")),
    transcript: (events) =>
      new Promise((resolve) => {
        const close = screen.cover(
          viewer({ events, look, changed, rows: () => screen.rows, close: () => resolve(close()) }),
        );
      }),
    ring: (text) => screen.ring(text),
    close() {
      working.close();
      screen.close();
    },
  };
  return {
    ui,
    ready: () => undefined,
    // whoever has the terminal has its keys
    interrupted: () => lent !== undefined || hands.interrupt(),
    async dismiss() {
      asker.dismiss();
      lent?.end.abort();
      await lent?.ended.catch(() => undefined);
    },
  };
}

function boarded(lines: () => readonly string[] | undefined): Pane {
  return {
    render: (columns) =>
      (lines() ?? []).slice(-BOARD).flatMap((line) => wrappedText(visible(line), columns).slice(0, 1)),
  };
}

// notes stand close together, all else is set apart
function printing(screen: TerminalScreen, look: Look) {
  let printed: "nothing" | "note" | "other" = "nothing";
  const led = (pane: Pane, kind: typeof printed) => {
    const lead = printed === "nothing" || (printed === "note" && kind === "note") ? [] : [""];
    printed = kind;
    screen.print(lead.length === 0 ? pane : { render: (columns) => [...lead, ...pane.render(columns)] });
  };
  return {
    print(pane: Pane) {
      printed = "other";
      screen.print(pane);
    },
    say: (said: Said) => led(saidPane(said, look), said.type === "note" ? "note" : "other"),
    echo(text: string) {
      const sent = { parts: [{ type: "text", text }], from: "user" } as const;
      led({ render: (columns) => promptLines(sent, look, columns) }, "other");
    },
  };
}

// what is no prompt of a turn leaves no fact that would be shown: without its words, what it says belongs to nothing
function echoing(hands: Hands, echo: (words: string) => void): Hands {
  return {
    submit(words, more) {
      const { type } = readSent(words);
      if (!more?.plain && (type === "command" || type === "memory")) echo(words);
      hands.submit(words, more);
    },
    interrupt: () => hands.interrupt(),
    leave: () => hands.leave(),
    nextMode: () => hands.nextMode(),
    unfold: () => hands.unfold(),
    status: () => hands.status(),
  };
}

// Ctrl-Z, wherever the keys go
function onKey(data: string, screen: TerminalScreen): boolean {
  if (!matchesKey(data, "ctrl+z")) return false;
  void screen.suspend();
  return true;
}

function saidPane({ type, text }: Said, { theme }: Look): Pane {
  if (type === "markdown") return markdown(text, theme);
  const paint = { note: theme.dim, error: theme.bad, text: (line: string) => line }[type];
  return { render: (columns) => wrappedTable(visible(text), columns).map(paint) };
}
