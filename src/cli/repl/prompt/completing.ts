import type { Completion } from "../port.js";

/** What could stand in the place of the words from `from` to the caret. */
export type Offer = {
  from: number;
  items: readonly Completion[];
  /** What Enter does: takes what is chosen, takes it and sends, or sends what was typed. */
  enter: "take" | "run" | "send";
};

/** What completes the words before the caret. It may answer at once; a later answer is shown when it is still wanted. */
export type Completer = (before: string) => Offer | undefined | Promise<Offer | undefined>;

/** The list of what could be meant, beside a draft. */
export type Completing = {
  /** What is offered for the words as they are now. */
  readonly offer: Offer | undefined;
  readonly at: number;
  /** The person went to a row of the list. */
  readonly moved: boolean;
  look(before: string): void;
  move(by: number): void;
  close(): void;
};

export function completing(ask: Completer, changed: () => void): Completing {
  let offer: Offer | undefined;
  let [at, moved, asked] = [0, false, 0];
  const show = (next: Offer | undefined) => {
    const chosen = moved ? offer?.items[at]?.value : undefined;
    offer = next && next.items.length > 0 ? next : undefined;
    at = Math.max(0, offer?.items.findIndex(({ value }) => value === chosen) ?? 0);
    moved = moved && offer?.items[at]?.value === chosen;
  };
  return {
    get offer() {
      return offer;
    },
    get at() {
      return at;
    },
    get moved() {
      return moved;
    },
    look(before) {
      asked += 1;
      const turn = asked;
      const answer = ask(before);
      if (!(answer instanceof Promise)) return show(answer);
      // what was offered was for other words
      show(undefined);
      const late = (next: Offer | undefined) => {
        if (turn !== asked) return;
        show(next);
        changed();
      };
      answer.then(late, () => late(undefined));
    },
    move(by) {
      const count = offer?.items.length ?? 0;
      if (count === 0) return;
      at = (at + by + count) % count;
      moved = true;
    },
    close() {
      asked += 1;
      offer = undefined;
      [at, moved] = [0, false];
    },
  };
}
