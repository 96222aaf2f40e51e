import { Markdown, type MarkdownTheme } from "@earendil-works/pi-tui";
import { cut, unstyled, wrapped, wrappedText } from "../screen/wrap.js";
import type { Theme } from "../theme.js";
import { simpleLines } from "./simple-markdown.js";

/** What a block may hold to be read as Markdown: reading takes more than linear time in the last three. */
const MOST = { characters: 20_000, emphasis: 400, brackets: 150, nested: 40 };

/** A line of code at a width: cut where it must be, indented as it was. */
export function codeLines(line: string, columns: number): string[] {
  return wrapped(line, columns);
}

/** A block of Markdown, no top-level fence, at a width. What would take long to read is shown as it was written. */
export function proseLines(text: string, theme: Theme, columns: number): string[] {
  if (!isTame(text)) return wrappedText(text, columns);
  const lines = simpleLines(text, theme) ?? readLines(text, theme, columns);
  return lines.flatMap((line) => fitted(line.trimEnd(), theme, columns));
}

/** The lines as the reader of Markdown gives them, as wide as they like. */
export function readLines(text: string, theme: Theme, columns: number): string[] {
  const table = /^ {0,3}\|?[ :]*-[-|: ]*$/m.exec(text)?.[0].includes("|");
  const wide = table ? columns : text.length * 2 + 100;
  return new Markdown(`${literal(text)}\n`, 0, 0, markdownTheme(theme)).render(wide);
}

function markdownTheme(theme: Theme): MarkdownTheme {
  const { dim, bold, italic, underline, struck, code, heading, link, accent } = theme;
  return {
    heading,
    link,
    linkUrl: dim,
    code,
    codeBlock: (text) => text,
    codeBlockBorder: dim,
    codeBlockIndent: "",
    quote: (text) => text,
    quoteBorder: dim,
    hr: dim,
    listBullet: accent,
    bold,
    italic,
    strikethrough: struck,
    underline,
  };
}

// what goes on below stands under what it goes on from
function fitted(line: string, theme: Theme, columns: number): string[] {
  const [, quotes = "", indent = ""] =
    /^((?:│ )*)( *(?:(?:- |\d+[.)] )(?:\[[ x]\] )?)?)/.exec(unstyled(line).slice(0, columns)) ?? [];
  if (unstyled(line).startsWith("┌") || /^[├└│].*[┤┘│]$/.test(unstyled(line))) return [cut(line, columns)];
  if (/^─+$/.test(unstyled(line))) return [theme.dim("─".repeat(Math.min(columns, 80)))];
  return wrapped(line, columns, `${theme.dim("│ ").repeat(quotes.length / 2)}${" ".repeat(indent.length)}`);
}

function isTame(text: string): boolean {
  if (text.length > MOST.characters) return false;
  const count = (what: RegExp) => text.match(what)?.length ?? 0;
  if (count(/[*_]+/g) > MOST.emphasis || count(/\[/g) > MOST.brackets || count(/~~/g) > MOST.emphasis) return false;
  return !text.split("\n").some((line) => (/^(?:[ >]|[-*+] |\d+[.)] )*/.exec(line)?.[0].length ?? 0) > MOST.nested * 2);
}

/** Pictures become a mark and a link, and a reference is told as it stands: what defines it may never come. */
function literal(text: string): string {
  if (text.startsWith("    ")) return text;
  let fenced = false;
  const lines = text.split("\n").map((line) => {
    if (/^[ >]*(?:[-*+] |\d+[.)] )* *(?:```|~~~)/.test(line)) {
      fenced = !fenced;
      return line;
    }
    return fenced ? line : told(line);
  });
  return lines.join("\n");
}

function told(line: string): string {
  return line
    .replace(/^((?:[ >]|[-*+] |\d+[.)] )*)\[(?=[^\]]+\]:)/, "$1\\[")
    .replace(/(`+)(?:[^`]|(?!\1)`)*?\1(?!`)|\\.|!\[/g, (found) => (found === "![" ? "\\![" : found));
}
