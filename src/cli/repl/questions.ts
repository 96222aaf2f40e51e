import type { Answer } from "../../plugins/question.js";
import { approvalPane } from "./approval.js";
import { choosePane } from "./choose.js";
import { fillPane } from "./fill.js";
import type { Locale } from "./locale.js";
import type { KeyPane, Ui } from "./port.js";
import type { Theme } from "./theme.js";

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
  /** Ctrl-C: the turn that runs is to end. */
  interrupt?(): void;
  /** The person's own editor. */
  edit?(words: string): Promise<string | undefined>;
};

const INTERRUPTED: Answer = { verdict: "deny", why: "the user interrupted" };

/** Asks a person one thing after another, in the order in which they came up. */
export function questions(asker: Asker): Pick<Ui, "ask" | "choose" | "fill"> {
  const line = queue(asker.show);
  return {
    ask: (question, asking) =>
      line.put(
        (answer) =>
          approvalPane({
            ...asker,
            question,
            answer,
            waiting: () => line.waiting() + (asking?.waiting() ?? 0),
          }),
        asking && { signal: asking.signal, value: INTERRUPTED },
      ),
    choose: (choice) => line.put((answer) => choosePane(choice, { ...asker, answer })),
    fill: (field) => line.put((answer) => fillPane(field, { ...asker, answer })),
  };
}

/** What is answered when nobody wants to know any more. */
type Instead<T> = { signal: AbortSignal; value: T };
type Open<T> = (answer: (value: T) => void) => KeyPane;

function queue(show: (pane: KeyPane | undefined) => void) {
  const waiting: (() => void)[] = [];
  let open: (() => void) | undefined;
  const next = () => {
    open = waiting.shift();
    if (open === undefined) show(undefined);
    else open();
  };
  return {
    waiting: () => waiting.length,
    put<T>(pane: Open<T>, instead?: Instead<T>): Promise<T> {
      if (instead?.signal.aborted) return Promise.resolve(instead.value);
      return new Promise((resolve) => {
        const start = () => show(pane(end));
        const end = (value: T) => {
          instead?.signal.removeEventListener("abort", leave);
          resolve(value);
          const at = waiting.indexOf(start);
          if (at >= 0) waiting.splice(at, 1);
          else if (open === start) next();
        };
        const leave = () => instead && end(instead.value);
        instead?.signal.addEventListener("abort", leave, { once: true });
        waiting.push(start);
        if (open === undefined) next();
      });
    },
  };
}
