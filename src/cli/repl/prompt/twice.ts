/** A key that does more when it is pressed again. */
export type Hint = "leave" | "clear";

/** How long a key waits for its second press, in milliseconds. */
const AGAIN = 1500;

export type Twice = {
  /** What a second press would do now. */
  readonly hint: Hint | undefined;
  first(hint: Hint): void;
  forget(): void;
};

/** Keys that ask to be pressed again. `changed` is called when the time for it is over. */
export function twice(changed: () => void): Twice {
  let pressed: { hint: Hint; at: number } | undefined;
  return {
    get hint() {
      return pressed && Date.now() - pressed.at < AGAIN ? pressed.hint : undefined;
    },
    first(hint) {
      pressed = { hint, at: Date.now() };
      setTimeout(changed, AGAIN + 1).unref();
    },
    forget() {
      pressed = undefined;
    },
  };
}
