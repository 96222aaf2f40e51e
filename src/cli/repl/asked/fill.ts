import { isKeyRelease } from "@earendil-works/pi-tui";
import type { Locale } from "../locale.js";
import type { Field, KeyPane } from "../port.js";
import { lineField } from "../prompt/field.js";
import { isKey } from "../prompt/keys.js";
import { oneLine } from "../screen/cells.js";
import { cut, wrapWhole } from "../screen/wrap.js";
import type { Theme } from "../theme.js";

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
  const line = lineField(field);
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
