import { visible } from "../../../platform/text.js";
import type { Pane, Said } from "../port.js";
import { wrappedTable } from "../screen/wrap.js";
import type { Look } from "./folded.js";
import { markdown } from "./markdown.js";

/** What the front end itself says, below some lines that set it apart. */
export function saidPane({ type, text }: Said, { theme }: Look, lead: readonly string[]): Pane {
  if (type === "markdown") {
    const rendered = markdown(text, theme);
    return { render: (columns) => [...lead, ...rendered.render(columns)] };
  }
  const paint = { note: theme.dim, error: theme.bad, text: (line: string) => line }[type];
  return { render: (columns) => [...lead, ...wrappedTable(visible(text), columns).map(paint)] };
}
