import type { Event } from "../core/event.js";
import { baselineIn, roundsIn, sinceAgreed } from "../goals/master.js";
import { holds, standing } from "../goals/progress.js";
import type { Contract } from "../goals/types.js";
import { costOf } from "../models/catalog.js";
import { firstLine } from "./progress.js";
import type { Locale } from "./repl/locale.js";

const WORDS: Record<Locale, { goal: string; before: string; after(n: number, of: number): string; s: string }> = {
  en: {
    goal: "goal, ",
    before: "before the first round",
    after: (n, of) => `after round ${n} of ${of}`,
    s: "s",
  },
  zh: {
    goal: "目标，",
    before: "第一轮之前",
    after: (n, of) => `第 ${n} 轮之后（最多 ${of} 轮）`,
    s: "秒",
  },
};

/** A goal while it is worked on: how it stands, and for how long what is done now has been done. */
export type Board = { lines(): string[]; doing(words: string): void };

/** Reads a goal's session anew when something came. */
export function boardFor(contract: Contract, events: readonly Event[], locale: Locale = "en"): Board {
  let read = { count: -1, lines: [] as string[] };
  let now = { words: "", since: 0 };
  return {
    lines() {
      if (read.count !== events.length) read = { count: events.length, lines: boardOf(contract, events, locale) };
      const seconds = Math.round((Date.now() - now.since) / 1000);
      return now.words === "" ? read.lines : [...read.lines, `  ${now.words}, ${seconds} ${WORDS[locale].s}`];
    },
    doing(words) {
      now = { words: firstLine(words), since: Date.now() };
    },
  };
}

/** How a goal stands: the round, the cost so far, and each criterion with why it is open. */
export function boardOf(contract: Contract, events: readonly Event[], locale: Locale = "en"): string[] {
  const words = WORDS[locale];
  const rounds = roundsIn(events);
  const verdicts = standing(contract, rounds, baselineIn(events));
  const cost = costOf(sinceAgreed(events));
  const paid = cost === undefined ? "" : `, $${cost.toFixed(4)}`;
  const now = rounds.length === 0 ? words.before : words.after(rounds.length, contract.limits.iterations);
  const lines = contract.criteria.map((criterion, at) => {
    const verdict = verdicts[at];
    const met = holds(criterion, verdict);
    const why = met || verdict === undefined ? "" : `: ${firstLine(verdict.reason)}`;
    return `  [${met ? "x" : " "}] ${at + 1}. ${firstLine(criterion.describe)}${why}`;
  });
  return [`${words.goal}${now}${paid}: ${firstLine(contract.goal)}`, ...lines];
}
