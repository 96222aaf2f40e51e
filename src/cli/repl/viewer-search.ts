import type { Theme } from "./theme.js";
import { unstyled } from "./wrap.js";

/** Whether a text holds what is looked for; capitals count only where they are asked for. */
export function matcher(query: string): (text: string) => boolean {
  if (query === "") return () => false;
  const pattern = patternOf(query, "");
  return (text) => pattern.test(text);
}

/** A line with what is looked for standing out; its own styles give way. */
export function marked(line: string, query: string, theme: Theme): string {
  if (query === "") return line;
  const plain = unstyled(line);
  const shown = plain.replace(patternOf(query, "g"), (found) => theme.chosen(found));
  return shown === plain ? line : shown;
}

function patternOf(query: string, flags: "" | "g"): RegExp {
  const fold = query === query.toLowerCase() ? "i" : "";
  return new RegExp(query.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), `${flags}${fold}`);
}
