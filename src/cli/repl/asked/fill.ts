import { isKeyRelease } from "@earendil-works/pi-tui";
import type { Locale } from "../locale.js";
import type { Field, KeyPane } from "../port.js";
import { cut, oneLine, wrapWhole } from "../screen/cells.js";
import type { Theme } from "../theme.js";
import { isKey, typing } from "./typing.js";

const WORDS: Record<Locale, { keys: string }> = {
  en: { keys: "Enter: done · Esc: leave it" },
  zh: { keys: "回车：完成 · Esc：放弃" },
};

export type Filling = {
  theme: Theme;
  locale: Locale;
  answer(text: string | undefined): void;
  changed(): void;
};

/** Asks for one line of text. Esc leaves without one. */
export function fillPane(field: Field, { theme, locale, answer, changed }: Filling): KeyPane {
  const line = typing(field);
  return {
    render: (columns) => [
      ...wrapWhole(oneLine(field.title), columns).map(theme.bold),
      `${theme.accent(">")} ${line.draw(columns - 2)}`,
      theme.dim(cut(WORDS[locale].keys, columns)),
    ],
    key(data) {
      if (isKeyRelease(data)) return;
      if (isKey(data, "enter")) return answer(line.text);
      if (isKey(data, "escape", "ctrl+c")) return answer(undefined);
      if (line.key(data)) changed();
    },
  };
}
