import type { Draft } from "./draft.js";

/** What was sent before; newest first, those of this folder before all others. */
export type Past = { words: string; plain: boolean };

/** What was sent before, by Up and Down. What was being typed comes back at the end. */
export type Browsing = {
  readonly active: boolean;
  /** The next older (1) or newer (-1) draft; undefined: there is none. */
  step(by: 1 | -1, draft: Draft): Draft | undefined;
  /** What was found is being changed: it is a draft of its own now. */
  end(): void;
};

export function browsing(all: () => readonly Past[], again: (past: Past) => Draft): Browsing {
  let place: { entries: readonly Past[]; at: number; kept: Draft } | undefined;
  return {
    get active() {
      return place !== undefined;
    },
    step(by, draft) {
      const { entries, at, kept } = place ?? { entries: all(), at: -1, kept: draft };
      const next = at + by;
      if (next < -1 || next >= entries.length) return undefined;
      place = next === -1 ? undefined : { entries, at: next, kept };
      const past = entries[next];
      return past === undefined ? kept : again(past);
    },
    end() {
      place = undefined;
    },
  };
}
