import { visible } from "../../../platform/text.js";
import type { Pane, Said } from "../port.js";
import { cut, wrappedTable } from "../screen/wrap.js";
import { folded, type Look } from "./folded.js";
import { markdown } from "./markdown.js";

/** Lines of a command of the person that are shown, more than of the model's; and rows that one of them may take. */
const FOLD = { head: 12, tail: 8 };
const ROWS = 4;

/** What the front end itself says, below some lines that set it apart. */
export function saidPane({ type, text }: Said, look: Look, lead: readonly string[]): Pane {
  const { theme } = look;
  if (type === "output") return { render: (columns) => [...lead, ...outputLines(visible(text), look, columns)] };
  if (type === "markdown") {
    const rendered = markdown(text, theme);
    return { render: (columns) => [...lead, ...rendered.render(columns)] };
  }
  const paint = { note: theme.dim, error: theme.bad, text: (line: string) => line }[type];
  return { render: (columns) => [...lead, ...wrappedTable(visible(text), columns).map(paint)] };
}

function outputLines(text: string, look: Look, columns: number): string[] {
  const draw = (line: string) => line;
  const lines = folded(text.split("\n"), { fold: FOLD, draw }, look);
  return lines.flatMap((line) => wrappedTable(cut(line, columns * ROWS), columns));
}
