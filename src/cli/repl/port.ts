import type { Delta, Event } from "../../core/event.js";
import type { Answer, Asking, Question } from "../../plugins/question.js";

/** A piece of the screen: its lines at a width. No line is wider or holds a newline, and styles end within their line. */
export type Pane = { render(columns: number): readonly string[] };

/** A pane that takes keys, one sequence or one whole bracketed paste at a time. It marks the caret's cell by `CARET`. */
export type KeyPane = Pane & { key(data: string): void };

/** A terminal to draw on: what is printed scrolls away as any output does, and what is live stands below it. */
export type Screen = {
  readonly columns: number;
  readonly rows: number;
  /** Prints for good, above what is live. */
  print(pane: Pane): void;
  /** What stands below, from top to bottom. Of what is higher than the screen the first lines are not shown. */
  live(panes: readonly Pane[]): void;
  focus(pane: KeyPane): void;
  /** Something live looks different now: it is drawn with the next frame. What a key changed is drawn at once, unasked. */
  changed(): void;
  /** Shows a pane on the whole screen, beside the scrollback, until the function it gives is called. */
  cover(pane: KeyPane): () => void;
  /** Hands the terminal to somebody else, such as an editor, while `work` lasts. */
  lend<T>(work: () => Promise<T>): Promise<T>;
  /** Rings, and tells terminals that can show it. */
  ring(words: string): void;
  /** Leaves the terminal as it was found; may be called at any time, and twice. */
  close(): void;
};

/** What a front end says in its own words. `text` is shown as it stands, `markdown` is rendered, of a long `output` the middle is left out. */
export type Said = { type: "note" | "error" | "text" | "markdown" | "output"; text: string };

/** One of several: `filter` narrows the list as the person types. */
export type Choice<T> = {
  title: string;
  items: readonly { value: T; label: string; about?: string }[];
  /** Which one stands first under the caret. */
  at?: number;
  /** It gives leave for something: keys of somebody who was typing when it came up do not answer it. */
  firm?: true;
  /** It is taken away when this fires, as if the person had left it. */
  signal?: AbortSignal | undefined;
};

/** One line to fill in. What is `hidden` is never shown, kept in no history, and drawn as dots; with `lines` a paste may hold several. */
export type Field = {
  title: string;
  text?: string;
  hidden?: boolean;
  lines?: boolean;
  /** It is taken away when this fires, as if the person had left it. */
  signal?: AbortSignal | undefined;
};

/** The front end of an interactive session: a screen with panes is one, plain lines are another. It owns no logic. */
export type Ui = {
  /** Each fact and delta of a run, as it comes. */
  see(item: Event | Delta): void;
  /** What a session that is gone on with already holds. */
  recount(events: readonly Event[]): void;
  say(said: Said): void;
  /** Answers are asked one after another, however many ask at once. */
  ask(question: Question, asking?: Asking): Promise<Answer>;
  choose<T>(choice: Choice<T>): Promise<T | undefined>;
  fill(field: Field): Promise<string | undefined>;
  /** Says what goes on, and for how long, until the function it gives is called. */
  busy(what: string): () => void;
  /** Lines that stand above the prompt, asked for with each frame; none takes them away. */
  board(lines?: () => readonly string[]): void;
  /** What stands below the prompt, or above it, may look different now. */
  refresh(): void;
  /** Puts words of a prompt back into it, to be changed and sent: they are no command, whatever they begin with. */
  put(words: string): void;
  /** A text in the person's own editor; undefined when it was left without saving, or there is none. */
  edit(words: string): Promise<string | undefined>;
  /** All that happened in this session, unfolded. */
  transcript(events: readonly Event[]): Promise<void>;
  /** Calls a person who may look elsewhere. */
  ring(words: string): void;
  /** Gives back the terminal; may be called at any time, and twice. */
  close(): void;
};

/** A front end, and what the life of a session needs of it beside that. */
export type FrontEnd = Ui & {
  /** Nothing goes on any more: the next words are wanted. */
  ready(): void;
  /** SIGINT, where the terminal's keys do not reach us as keys. False: there was nothing to interrupt. */
  interrupted(): boolean;
  /** Leaves unanswered what is asked, and closes what else has the terminal. */
  dismiss(): Promise<void>;
};

/** What was sent beside its words: images that stand in them as `[image #1: name.png]`. */
export type Submitted = {
  /** The words without what was shown folded: a file that a long paste names is not meant. */
  typed: string;
  images: readonly { path: string }[];
  /** The words with the paths of the images in their places: so they are put back into a prompt. */
  again?: string;
  /** The words were pasted: they are no command, shell line or memory, whatever they begin with. */
  plain: boolean;
};

/** What the person does at a front end. */
export type Hands = {
  /** `more` is what the words alone do not tell. */
  submit(words: string, more?: Submitted): void;
  /** Esc, or Ctrl-C: the turn that runs is to end. False: there was none. */
  interrupt(): boolean;
  /** Ctrl-D, or Ctrl-C twice: the session is to end. */
  leave(): void;
  /** Shift-Tab. */
  nextMode(): void;
  /** Ctrl-O. */
  unfold(): void;
  /** What stands below the prompt, asked for with each frame. */
  status(): Status;
  /** The log of the session, as it grows. */
  events(): readonly Event[];
};

/** Undefined is what is not known; it is left out, never guessed. */
export type Status = {
  model: string;
  mode: string;
  /** Tokens of the next request, and how many fit. */
  tokens: number | undefined;
  window: number;
  /** In USD. */
  cost: number | undefined;
  branch: string | undefined;
  /** Commands and sub-agents at work in the background, oldest first, and what each said last. */
  jobs: readonly { id: string; title: string; latest: string }[];
  /** Words that wait for the next step of the turn that runs. */
  queued: readonly string[];
};

/** What the last word of the prompt could become. */
export type Completion = { value: string; label: string; about?: string };
