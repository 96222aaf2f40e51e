import {
  type Change,
  changed,
  type Draft,
  EMPTY,
  leftOf,
  lineEnd,
  lineStart,
  rightOf,
  wordLeftOf,
  wordRightOf,
} from "./draft.js";

/** Drafts that can be gone back to, killed texts, and keystrokes that one step of undo takes back. */
const MOST = { undo: 500, kills: 30, strokes: 20 };

type Stroke = "type" | "erase" | "kill" | "yank" | "other";

/** A draft as keys change it: with undo, and with what was cut to be put elsewhere. */
export type Editing = {
  readonly draft: Draft;
  /** Types a text at the caret; what was pasted is one step of undo. */
  insert(text: string, how?: "pasted" | "typed"): void;
  /** Does what a motion, a cut, `yank`, `yankBefore`, `undo` or `redo` does, by its name; another name does nothing. */
  act(name: string): void;
  /** Puts the caret somewhere. */
  go(at: number): void;
  /** Another draft; the one before it comes back by undo. */
  become(draft: Draft): void;
  /** Shows another draft without a trace of it for undo. */
  show(draft: Draft): void;
  /** Begins anew, with nothing to take back. */
  reset(): void;
};

/** Where the caret goes, by name. */
const MOTIONS: Record<string, (draft: Draft) => number> = {
  left: leftOf,
  right: rightOf,
  wordLeft: wordLeftOf,
  wordRight: wordRightOf,
  home: lineStart,
  end: lineEnd,
  first: () => 0,
  last: ({ text }) => text.length,
};

type Cut = { to: (draft: Draft) => number; stroke: "erase" | "kill" };
/** What is taken away, by name: from the caret to where. */
const CUTS: Record<string, Cut> = {
  erase: { to: leftOf, stroke: "erase" },
  erasePast: { to: rightOf, stroke: "erase" },
  killWordLeft: { to: wordLeftOf, stroke: "kill" },
  killWordRight: { to: wordRightOf, stroke: "kill" },
  killToHome: { to: (draft) => (lineStart(draft) === draft.at ? leftOf(draft) : lineStart(draft)), stroke: "kill" },
  killToEnd: { to: (draft) => (lineEnd(draft) === draft.at ? rightOf(draft) : lineEnd(draft)), stroke: "kill" },
};

export function editing(): Editing {
  return new Kept();
}

class Kept implements Editing {
  #draft = EMPTY;
  #undo: Draft[] = [];
  /** What undo has taken back since the last change. */
  #redo: Draft[] = [];
  #strokes: { kind: Stroke; count: number } = { kind: "other", count: 0 };
  readonly #kills = killed();
  readonly #others: Record<string, () => void> = {
    yank: () => this.#yank(0),
    yankBefore: () => this.#yankBefore(),
    undo: () => this.#goBack(this.#undo, this.#redo),
    redo: () => this.#goBack(this.#redo, this.#undo),
  };

  get draft(): Draft {
    return this.#draft;
  }

  insert(text: string, how: "pasted" | "typed" = "typed"): void {
    // a step of undo ends before what separates words
    this.#note("type", how === "typed" && !/^[\s\p{P}]/u.test(text));
    if (how === "pasted") this.#still();
    const { at } = this.#draft;
    this.#change({ from: at, to: at, insert: text, pasted: how === "pasted" });
  }

  act(name: string): void {
    const [motion, taken, other] = [MOTIONS[name], CUTS[name], this.#others[name]];
    if (motion) this.go(motion(this.#draft));
    if (taken) this.#cut(taken);
    other?.();
  }

  go(at: number): void {
    this.show({ ...this.#draft, at });
  }

  become(next: Draft): void {
    if (next.text === this.#draft.text) return;
    this.#note("other", false);
    this.#draft = next;
  }

  show(next: Draft): void {
    this.#draft = next;
    this.#still();
  }

  reset(): void {
    this.#undo = [];
    this.#redo = [];
    this.show(EMPTY);
  }

  #note(kind: Stroke, joins: boolean): void {
    const { kind: last, count } = this.#strokes;
    const goesOn = joins && last === kind && count < MOST.strokes;
    if (!goesOn) this.#undo = [...this.#undo.slice(1 - MOST.undo), this.#draft];
    this.#strokes = { kind, count: goesOn ? count + 1 : 1 };
    this.#redo = [];
  }

  #still(): void {
    this.#strokes = { kind: "other", count: 0 };
  }

  #change(step: Change): void {
    this.#draft = changed(this.#draft, step);
  }

  #cut({ to, stroke }: Cut): void {
    const { text, at } = this.#draft;
    const end = to(this.#draft);
    if (end === at) return;
    const [from, until] = [Math.min(end, at), Math.max(end, at)];
    const joins = this.#strokes.kind === "kill";
    if (stroke === "kill") this.#kills.add(text.slice(from, until), { ahead: end < at, joins });
    this.#note(stroke, stroke === "erase");
    this.#change({ from, to: until, insert: "" });
  }

  #yank(over: number): void {
    const text = this.#kills.newest();
    if (text === undefined) return;
    this.#note("yank", false);
    const { at } = this.#draft;
    this.#change({ from: at - over, to: at, insert: text });
  }

  #yankBefore(): void {
    const last = this.#kills.newest();
    if (this.#strokes.kind !== "yank" || last === undefined) return;
    this.#kills.turn();
    this.#yank(last.length);
  }

  #goBack(from: Draft[], to: Draft[]): void {
    const other = from.pop();
    if (other) to.push(this.#draft);
    this.show(other ?? this.#draft);
  }
}

type Killed = {
  /** `ahead`: it stood before what was killed last; `joins`: the two are one text. */
  add(text: string, how: { ahead: boolean; joins: boolean }): void;
  newest(): string | undefined;
  /** The one before the newest becomes the newest. */
  turn(): void;
};

function killed(): Killed {
  const texts: string[] = [];
  return {
    add(text, { ahead, joins }) {
      const last = joins ? (texts.pop() ?? "") : "";
      texts.push(ahead ? text + last : last + text);
      if (texts.length > MOST.kills) texts.shift();
    },
    newest: () => texts.at(-1),
    turn() {
      texts.unshift(...texts.splice(-1));
    },
  };
}
