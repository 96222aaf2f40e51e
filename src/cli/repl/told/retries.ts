import { readRetry } from "../../../models/retrying.js";
import { clip } from "../../../platform/text.js";
import type { Locale } from "../locale.js";
import type { Pane } from "../port.js";
import { oneLine } from "../screen/cells.js";
import { cut, wrapped } from "../screen/wrap.js";
import { elapsed, type Look } from "./folded.js";
import { kept } from "./markdown.js";

type Attempt = { at: number; of: number };
type Words = {
  waits(time: string, next: Attempt): string;
  asked(next: Attempt): string;
  answered(attempt: number): string;
  times(count: number): string;
  colon: string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    waits: (time, { at, of }) => `the model did not answer: trying again in ${time}, ${at} of ${of}`,
    asked: ({ at, of }) => `the model did not answer: trying again, ${at} of ${of}`,
    answered: (attempt) => `the model answered at attempt ${attempt}`,
    times: (count) => `${count} times`,
    colon: ": ",
  },
  zh: {
    waits: (time, { at, of }) => `模型没有回答：${time}后重试，第 ${at} 次，共 ${of} 次`,
    asked: ({ at, of }) => `模型没有回答：正在重试，第 ${at} 次，共 ${of} 次`,
    answered: (attempt) => `模型在第 ${attempt} 次尝试时回答`,
    times: (count) => `${count} 次`,
    colon: "：",
  },
};

/** Characters of a reason. */
const LONG = 500;

/** A model that is asked again and again: one line that counts, and one that stays once it has answered. */
export type Retries = {
  /** Takes what is said of a new attempt; false: it is about something else. */
  hear(by: string, text: string): boolean;
  /** Something of an answer comes, though it may still break off. */
  stirs(): void;
  /** The answer is there: what stays to be said of the way to it. */
  answered(): Pane | undefined;
  /** Nobody is asked any more. */
  forget(): void;
  live: Pane;
};

type Trouble = { by: string; text: string; times: number; shown: boolean; until: number };

/** `now` is milliseconds since 1970. */
export function retries({ theme, locale }: Look, now: () => number): Retries {
  const words = WORDS[locale];
  let trouble: Trouble | undefined;
  const drawn = (text: string, columns: number) => wrapped(text, columns, "  ").map(theme.dim);
  const waits = ({ by, text, until }: Trouble) => {
    const retry = readRetry(text);
    if (!retry) return `${by}: ${oneLine(text)}`;
    const left = Math.ceil((until - now()) / 1000);
    const next = { at: retry.attempt, of: retry.tries };
    return `${left > 0 ? words.waits(elapsed(left, locale), next) : words.asked(next)} (${reasonOf(retry.why)})`;
  };
  const stays = ({ by, text, times }: Trouble) => {
    const retry = readRetry(text);
    if (retry) return `${words.answered(retry.attempt)}${words.colon}${reasonOf(retry.why)}`;
    return `${by}: ${oneLine(text)}${times > 1 ? ` (${words.times(times)})` : ""}`;
  };
  return {
    hear(by, text) {
      const retry = readRetry(text);
      if (!retry && by !== "gateway") return false;
      const times = trouble?.by === by ? trouble.times + 1 : 1;
      trouble = { by, text, times, shown: true, until: now() + (retry?.wait ?? 0) };
      return true;
    },
    stirs() {
      if (trouble) trouble.shown = false;
    },
    answered() {
      const said = trouble && stays(trouble);
      trouble = undefined;
      return said === undefined ? undefined : kept((columns) => drawn(said, columns));
    },
    forget() {
      trouble = undefined;
    },
    live: { render: (columns) => (trouble?.shown ? [theme.dim(cut(waits(trouble), columns))] : []) },
  };
}

function reasonOf(why: string): string {
  const line = oneLine(why).replace(/\.$/, "");
  return clip(line, LONG);
}
