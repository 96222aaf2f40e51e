import type { Locale } from "../locale.js";
import type { KeyPane, Ui } from "../port.js";
import type { Theme } from "../theme.js";
import { approvalPane } from "./approval.js";
import { INTERRUPTED } from "./approval-words.js";
import { choosePane } from "./choose.js";
import { fillPane } from "./fill.js";

export type Asker = {
  theme: Theme;
  locale: Locale;
  /** How high a question may be. */
  rows(): number;
  /** Takes the pane that stands now, or none: then the keys go to the prompt again. */
  show(pane: KeyPane | undefined): void;
  changed(): void;
  /** In milliseconds, from any beginning. */
  now(): number;
  /** Calls back after so many milliseconds. */
  later?(work: () => void, ms: number): void;
  /** Ctrl-C: the turn that runs is to end. */
  interrupt?(): void;
  /** The person's own editor. */
  edit?(words: string): Promise<string | undefined>;
};

export type Questions = Pick<Ui, "ask" | "choose" | "fill"> & {
  /** Nobody is there any more: all that is asked is left without an answer. */
  dismiss(): void;
};

/** Asks a person one thing after another, in the order in which they came up. */
export function questions(asker: Asker): Questions {
  const line = queue(asker.show);
  return {
    dismiss: line.dismiss,
    ask: (question, asking) =>
      line.put(
        (answer) =>
          approvalPane({
            ...asker,
            question,
            answer,
            waiting: () => line.waiting() + (asking?.waiting() ?? 0),
          }),
        { value: INTERRUPTED, ...(asking && { signal: asking.signal }) },
      ),
    choose: (choice) =>
      line.put((answer) => choosePane(choice, { ...asker, answer }), { value: undefined, signal: choice.signal }),
    fill: (field) =>
      line.put((answer) => fillPane(field, { ...asker, answer }), { value: undefined, signal: field.signal }),
  };
}

/** What is answered when nobody wants to know any more. */
type Instead<T> = { value: T; signal?: AbortSignal | undefined };
type Open<T> = (answer: (value: T) => void) => KeyPane;

function queue(show: (pane: KeyPane | undefined) => void) {
  const waiting: (() => void)[] = [];
  const leaving = new Set<() => void>();
  let open: (() => void) | undefined;
  const next = () => {
    open = waiting.shift();
    if (open === undefined) show(undefined);
    else open();
  };
  return {
    waiting: () => waiting.length,
    dismiss() {
      for (const leave of leaving) leave();
    },
    put<T>(pane: Open<T>, { value, signal }: Instead<T>): Promise<T> {
      if (signal?.aborted) return Promise.resolve(value);
      return new Promise((resolve) => {
        const start = () => show(pane(end));
        const end = (answer: T) => {
          signal?.removeEventListener("abort", leave);
          leaving.delete(leave);
          resolve(answer);
          const at = waiting.indexOf(start);
          if (at >= 0) waiting.splice(at, 1);
          else if (open === start) next();
        };
        const leave = () => end(value);
        signal?.addEventListener("abort", leave, { once: true });
        leaving.add(leave);
        waiting.push(start);
        if (open === undefined) next();
      });
    },
  };
}
