/** How long nobody must have typed before a key can be an answer, in milliseconds. */
const QUIET = 300;

/** Tells the keys of somebody who was typing when a question came up from answers to it. */
export type Strays = {
  /** The question stands on the screen; only the first time counts. */
  shown(): void;
  /** Whether a key that comes now was meant for something else. */
  strayed(): boolean;
  /** A key was meant for something else: those that follow it too. */
  more(): void;
};

/** `now` is in milliseconds, from any beginning. */
export function strays(now: () => number): Strays {
  let last: number | undefined;
  return {
    shown() {
      last ??= now();
    },
    strayed() {
      const at = now();
      if (last !== undefined && at - last >= QUIET) return false;
      // what was not seen yet has no time to be counted from
      if (last !== undefined) last = at;
      return true;
    },
    more() {
      last = now();
    },
  };
}
