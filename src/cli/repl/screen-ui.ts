import { matchesKey } from "@earendil-works/pi-tui";
import type { Event } from "../../core/event.js";
import { sentence } from "../../core/run-tools.js";
import { visible } from "../../platform/text.js";
import { type Questions, questions } from "./asked/questions.js";
import type { Locale } from "./locale.js";
import { type Lending, lending } from "./own-editor.js";
import type { Hands, KeyPane, Pane, Said, Ui } from "./port.js";
import type { Completer } from "./prompt/completing.js";
import { fileHistory, type History } from "./prompt/history.js";
import { promptBox } from "./prompt/prompt-box.js";
import { screenOf, type TerminalScreen } from "./screen/screen.js";
import { Terminal, type TerminalStreams } from "./screen/terminal.js";
import { wrappedText } from "./screen/wrap.js";
import type { Look } from "./told/folded.js";
import { indicator } from "./told/indicator.js";
import { markdown } from "./told/markdown.js";
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
  let asking: KeyPane | undefined;
  const screen = screenOf(new Terminal(parts.streams), {
    tmux: parts.tmux,
    onKey: (data) => onKey(data, screen),
    onGone: () => parts.gone(),
  });
  const changed = () => screen.changed();
  const { print, say } = printing(screen, look);
  const own = lending({ ...parts, screen, failed: (why) => say({ type: "error", text: words[why] }) });
  const told = transcript({ look, print, now: () => Date.now() });
  const working = indicator(theme, locale, changed);
  const failed = (error: unknown) => say({ type: "note", text: words.history(sentence(error)) });
  const history = fileHistory({ ...parts, failed });
  const box = boxOf(parts, { screen, history, edit: own.edit });
  const asker = askerOf({ screen, look, hands, edit: own.edit }, (pane) => {
    asking = pane;
    screen.focus(pane ?? box);
    changed();
  });
  const board = boardOf(changed);
  const prompt: Pane = { render: (columns) => (asking ?? box).render(columns) };
  const [queued, status] = [queuedLines, statusLine].map((pane) => pane(() => hands.status(), theme, locale));
  const gap: Pane = { render: () => (screen.rows < ROOMY ? [] : [""]) };
  screen.live([told.live, gap, board, working, queued, prompt, status].filter((pane) => pane !== undefined));
  screen.focus(box);
  const ui: Ui = {
    ...asker,
    edit: own.edit,
    say,
    see(item) {
      told.see(item);
      working.see(item);
    },
    recount: (events) => told.recount(events),
    busy: (what) => working.busy(what),
    board: (lines) => board.show(lines),
    put: (text) => box.put([text, box.text()].filter((each) => each !== "").join("\n")),
    transcript: (events) => viewed(events, screen, look),
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
    interrupted: () => own.lent || hands.interrupt(),
    async dismiss() {
      asker.dismiss();
      await own.end();
      await history.settled();
    },
  };
}

type Around = { screen: TerminalScreen; history: History; edit: Lending["edit"] };

function boxOf(parts: ScreenParts, { screen, history, edit }: Around): ReturnType<typeof promptBox> {
  const { look, hands, cwd, complete } = parts;
  return promptBox({
    ...{ ...look, hands, edit, cwd, complete, history },
    changed: () => screen.changed(),
    rows: () => screen.rows,
    mode: () => hands.status().mode,
    redraw: () => screen.redraw(),
    unclaimed: () => undefined,
  });
}

type Asking = Pick<ScreenParts, "look" | "hands"> & { screen: TerminalScreen; edit: Lending["edit"] };

function askerOf({ screen, look, hands, edit }: Asking, show: (pane: KeyPane | undefined) => void): Questions {
  return questions({
    ...{ ...look, edit, show },
    changed: () => screen.changed(),
    rows: () => screen.rows,
    now: () => performance.now(),
    interrupt: () => hands.interrupt(),
  });
}

function boardOf(changed: () => void): Pane & { show: Ui["board"] } {
  let board: (() => readonly string[]) | undefined;
  return {
    show(lines) {
      board = lines;
      changed();
    },
    render: (columns) =>
      (board?.() ?? []).slice(-BOARD).flatMap((line) => wrappedText(visible(line), columns).slice(0, 1)),
  };
}

function viewed(events: readonly Event[], screen: TerminalScreen, look: Look): Promise<void> {
  return new Promise((resolve) => {
    const close = () => resolve(uncover());
    const view = { events, look, close, changed: () => screen.changed(), rows: () => screen.rows };
    const uncover = screen.cover(viewer(view));
  });
}

// notes stand close together, all else that is said is set apart
function printing(screen: TerminalScreen, look: Look): { print(pane: Pane): void; say(said: Said): void } {
  let printed: "nothing" | "note" | "other" = "nothing";
  return {
    print(pane) {
      printed = "other";
      screen.print(pane);
    },
    say(said) {
      const kind = said.type === "note" ? "note" : "other";
      const lead = printed === "nothing" || (printed === "note" && kind === "note") ? [] : [""];
      screen.print(saidPane(said, look, lead));
      printed = kind;
    },
  };
}

// Ctrl-Z, wherever the keys go
function onKey(data: string, screen: TerminalScreen): boolean {
  if (!matchesKey(data, "ctrl+z")) return false;
  void screen.suspend();
  return true;
}

function saidPane({ type, text }: Said, { theme }: Look, lead: readonly string[]): Pane {
  if (type === "markdown") {
    const rendered = markdown(text, theme);
    return { render: (columns) => [...lead, ...rendered.render(columns)] };
  }
  const paint = { note: theme.dim, error: theme.bad, text: (line: string) => line }[type];
  return { render: (columns) => [...lead, ...wrappedText(visible(text), columns).map(paint)] };
}
