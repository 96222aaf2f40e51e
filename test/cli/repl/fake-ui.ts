import type { Choice, Field, Said, Ui } from "../../../src/cli/repl/port.js";

/** How a person answers: a choice by its label, `null` to leave, or a function that sees what is asked. */
export type Answer = string | null | ((asked: Choice<unknown> | Field) => string | null);

export type FakeUi = Ui & {
  said: Said[];
  asked: (Choice<unknown> | Field)[];
  busied: string[];
  /** All texts that were said, one after another. */
  text(): string;
};

/** A front end whose person gives these answers in order; one question too many is an error. */
export function fakeUi(answers: readonly Answer[] = []): FakeUi {
  const left = [...answers];
  const ui: Pick<FakeUi, "said" | "asked" | "busied"> = { said: [], asked: [], busied: [] };
  const next = (asked: Choice<unknown> | Field): string | null => {
    ui.asked.push(asked);
    const answer = left.shift();
    if (answer === undefined) throw new Error(`nobody answers "${asked.title}"`);
    return typeof answer === "function" ? answer(asked) : answer;
  };
  return {
    ...ui,
    text: () => ui.said.map(({ text }) => text).join("\n"),
    say: (said) => void ui.said.push(said),
    async choose(choice) {
      const label = next(choice);
      if (label === null) return undefined;
      const item = choice.items.find((each) => each.label === label || each.about === label);
      if (item === undefined)
        throw new Error(`"${choice.title}" has no "${label}": ${choice.items.map((each) => each.label).join(", ")}`);
      return item.value;
    },
    async fill(field) {
      return next(field) ?? undefined;
    },
    refresh: () => undefined,
    busy(what) {
      ui.busied.push(what);
      return () => void ui.busied.push(`done: ${what}`);
    },
    see: () => undefined,
    recount: () => undefined,
    ask: async () => ({ verdict: "deny", why: "nobody is asked here" }),
    board: () => undefined,
    put: () => undefined,
    edit: async () => undefined,
    transcript: async () => undefined,
    ring: () => undefined,
    close: () => undefined,
  };
}
