import { matchesKey } from "@earendil-works/pi-tui";
import type { Delta, Event } from "../../core/event.js";
import { sentence } from "../../core/run-tools.js";
import { visible } from "../../platform/text.js";
import { type Questions, questions } from "./asked/questions.js";
import type { Locale } from "./locale.js";
import { type OwnEditor, ownEditor } from "./own-editor.js";
import type { FrontEnd, Hands, KeyPane, Pane, Said } from "./port.js";
import type { Completer } from "./prompt/completing.js";
import { fileHistory } from "./prompt/history.js";
import type { PromptBox } from "./prompt/prompt.js";
import { promptBox } from "./prompt/prompt-box.js";
import { screenOf, type TerminalScreen } from "./screen/screen.js";
import { Terminal, type TerminalStreams } from "./screen/terminal.js";
import { wrappedText } from "./screen/wrap.js";
import { readSent } from "./slash.js";
import type { Look } from "./told/folded.js";
import { type Indicator, indicator } from "./told/indicator.js";
import { promptLines } from "./told/prompt-lines.js";
import { saidPane } from "./told/said.js";
import { jobLines, queuedLines, statusLine } from "./told/status-line.js";
import { stepBoard } from "./told/step-board.js";
import { type Transcript, transcript } from "./told/transcript.js";
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

const WORDS: Record<Locale, { history(why: string): string }> = {
  en: { history: (why) => `Prompts are not kept for the next session: ${why}` },
  zh: { history: (why) => `提示词无法保存到下次会话：${why}` },
};

/** Rows that a board may take. */
const BOARD = 12;
/** From this height on there is a blank line above the prompt. */
const ROOMY = 8;

/** The front end on a terminal: panes on a screen, and keys to where they belong. */
export class ScreenUi implements FrontEnd {
  readonly #parts: ScreenParts;
  readonly #screen: TerminalScreen;
  readonly #editor: OwnEditor;
  readonly #told: Transcript;
  readonly #working: Indicator;
  readonly #history: ReturnType<typeof fileHistory>;
  readonly #box: PromptBox;
  readonly #questions: Questions;
  #asking: KeyPane | undefined;
  #board: (() => readonly string[]) | undefined;
  /** A turn goes on: what is to do is shown. */
  #runs = false;
  /** What was printed last. */
  #printed: "nothing" | "note" | "other" = "nothing";

  constructor(parts: ScreenParts) {
    this.#parts = parts;
    const { look, streams, tmux, editor: command, env, home, cwd, redact } = parts;
    this.#screen = screenOf(new Terminal(streams), {
      tmux,
      onKey: (data) => this.#suspends(data),
      onGone: () => parts.gone(),
    });
    this.#editor = ownEditor({
      ...{ command, env, locale: look.locale },
      lend: (work) => this.#screen.lend(work),
      failed: (text) => this.say({ type: "error", text }),
    });
    this.#told = transcript({ look, print: (pane) => this.#print(pane, "other"), now: () => Date.now() });
    this.#working = indicator(look.theme, look.locale, this.#changed);
    const failed = (error: unknown) => this.say({ type: "note", text: WORDS[look.locale].history(sentence(error)) });
    this.#history = fileHistory({ home, cwd, redact, failed });
    this.#box = this.#promptBox();
    this.#questions = this.#asker();
    this.#screen.live(this.#panes());
    this.#screen.focus(this.#box);
  }

  see(item: Event | Delta): void {
    this.#runs = item.type !== "ended";
    this.#told.see(item);
    this.#working.see(item);
  }

  recount(events: readonly Event[]): void {
    this.#told.recount(events);
  }

  // notes stand close together, all else is set apart
  say(said: Said): void {
    const kind = said.type === "note" ? "note" : "other";
    const close = this.#printed === "nothing" || (this.#printed === "note" && kind === "note");
    this.#print(saidPane(said, this.#parts.look, close ? [] : [""]), kind);
  }

  readonly ask: FrontEnd["ask"] = (question, asking) => {
    const answered = this.#told.asks(question);
    return this.#questions.ask(question, asking).finally(answered);
  };
  readonly choose: FrontEnd["choose"] = (choice) => this.#questions.choose(choice);
  readonly fill: FrontEnd["fill"] = (field) => this.#questions.fill(field);
  readonly edit: FrontEnd["edit"] = (words) => this.#editor.edit(words);

  busy(what: string): () => void {
    return this.#working.busy(what);
  }

  board(lines?: () => readonly string[]): void {
    this.#board = lines;
    this.#changed();
  }

  refresh(): void {
    this.#changed();
  }

  put(words: string): void {
    this.#box.put([words, this.#box.again()].filter((each) => each !== "").join("\n"), true);
  }

  transcript(events: readonly Event[]): Promise<void> {
    const { look } = this.#parts;
    return new Promise((resolve) => {
      const close = () => resolve(uncover());
      const pane = viewer({ events, look, close, changed: this.#changed, rows: () => this.#screen.rows });
      const uncover = this.#screen.cover(pane);
    });
  }

  ring(words: string): void {
    this.#screen.ring(words);
  }

  close(): void {
    this.#working.close();
    this.#screen.close();
  }

  // a prompt is always there
  ready(): void {}

  // whoever has the terminal has its keys
  interrupted(): boolean {
    return this.#editor.open || this.#parts.hands.interrupt();
  }

  async dismiss(): Promise<void> {
    this.#questions.dismiss();
    await this.#editor.end();
    await this.#history.settled();
  }

  readonly #changed = (): void => this.#screen.changed();

  #print(pane: Pane, kind: "note" | "other"): void {
    this.#printed = kind;
    this.#screen.print(pane);
  }

  #echo(words: string): void {
    const sent = { parts: [{ type: "text", text: words }], from: "user" } as const;
    const lead = this.#printed === "nothing" ? [] : [""];
    this.#print({ render: (columns) => [...lead, ...promptLines(sent, this.#parts.look, columns)] }, "other");
  }

  #promptBox(): PromptBox {
    const { look, hands, cwd, complete } = this.#parts;
    return promptBox({
      ...{
        ...look,
        hands: echoing(hands, (words) => this.#echo(words)),
        cwd,
        complete,
        edit: this.edit,
        changed: this.#changed,
      },
      rows: () => this.#screen.rows,
      mode: () => hands.status().mode,
      history: this.#history,
      redraw: () => this.#screen.redraw(),
    });
  }

  #asker(): Questions {
    const { look, hands } = this.#parts;
    return questions({
      ...{ ...look, edit: this.edit, changed: this.#changed },
      // a line stands above it, and the status below
      rows: () => Math.max(1, this.#screen.rows - (this.#screen.rows < ROOMY ? 1 : 2)),
      now: () => performance.now(),
      later: (work, ms) => void setTimeout(work, ms),
      interrupt: () => hands.interrupt(),
      show: (pane) => {
        this.#asking = pane;
        this.#screen.focus(pane ?? this.#box);
        this.#changed();
      },
    });
  }

  // what stands below all that was printed, from top to bottom
  #panes(): Pane[] {
    const { look, hands } = this.#parts;
    const status = () => hands.status();
    const jobs = jobLines(status, look.theme, look.locale);
    return [
      this.#told.live,
      { render: () => (this.#screen.rows < ROOMY ? [] : [""]) },
      { render: (columns) => this.#boardLines(columns) },
      // who is asked is waited for: nothing goes on
      { render: (columns) => (this.#asking ? [] : this.#working.render(columns)) },
      { render: (columns) => (this.#screen.rows < ROOMY ? [] : jobs.render(columns)) },
      queuedLines(status, look.theme, look.locale),
      { render: (columns) => this.#asked(columns) ?? this.#box.render(columns) },
      statusLine(status, look.theme, look.locale),
    ];
  }

  // a line sets it apart from what was said
  #asked(columns: number): readonly string[] | undefined {
    const { accent } = this.#parts.look.theme;
    const rule = this.#screen.rows < ROOMY ? [] : [accent("─".repeat(columns))];
    return this.#asking && [...rule, ...this.#asking.render(columns)];
  }

  #boardLines(columns: number): string[] {
    const { hands, look } = this.#parts;
    if (!this.#board) return this.#runs ? stepBoard(hands.events(), look, { columns, rows: BOARD }) : [];
    const lines = this.#board().slice(-BOARD);
    return lines.flatMap((line) => wrappedText(visible(line), columns).slice(0, 1));
  }

  // Ctrl-Z, wherever the keys go
  #suspends(data: string): boolean {
    if (!matchesKey(data, "ctrl+z")) return false;
    void this.#screen.suspend();
    return true;
  }
}

type Sending = Pick<Hands, "submit" | "interrupt" | "leave" | "nextMode" | "unfold">;

// no fact shows what was sent there: without its words, what it says belongs to nothing
function echoing(hands: Hands, echo: (words: string) => void): Sending {
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
  };
}
