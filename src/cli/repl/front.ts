import type { Front } from "../../app/assemble.js";
import { fillForm } from "./asked/form.js";
import type { Locale } from "./locale.js";
import type { Ui } from "./port.js";
import { questionIn } from "./reasons.js";

/** Whoever answered within this time is there and need not be called, in milliseconds. */
const NEAR = 15_000;

const ASKS: Record<Locale, (tool: string) => string> = {
  en: (tool) => `nanocoder asks: ${tool}`,
  zh: (tool) => `nanocoder 等待你确认：${tool}`,
};

/** What a session asks of the person, and tells. */
export function frontOf({ ui, locale }: { ui: Ui; locale: Locale }): Front {
  let answered = Number.NEGATIVE_INFINITY;
  return {
    async ask(question, asking) {
      if (performance.now() - answered > NEAR) ui.ring(ASKS[locale](question.tool));
      const answer = await ui.ask(questionIn(locale, question), asking);
      answered = performance.now();
      return answer;
    },
    notice: (text) => ui.say({ type: "note", text }),
    elicit: (form, signal) => fillForm(form, { ui, locale, signal }),
  };
}
