import type { Theme } from "../theme.js";

/** What means nothing in Markdown, wherever it stands but at the begin of a line. */
const WORDS = /^[\p{L}\p{N} ,.;:'"()?%/，。、；：？！（）“”…-]*$/u;
/** What becomes a link without a sign. */
const ADDRESS = /www\.|:\/\//i;
/** Bold words, code, and a link, each between blanks or before a mark of punctuation. */
const SIGN =
  /(?<![^ ])(?:\*\*(?<bold>[\p{L}\p{N}](?:[\p{L}\p{N} ,.-]*[\p{L}\p{N}])?)\*\*|`(?<code>[^`\s](?:[^`]*[^`\s])?)`|\[(?<link>[\p{L}\p{N}][\p{L}\p{N} ]*)\]\((?<to>https?:\/\/[a-z\d./-]+)\))(?![^ ,.;:])/gu;

/**
 * Lines that hold no more than words, bold words, code and links, or an item of one such line, drawn as Markdown; undefined
 * for all else. Most of what models write is such, and takes a tenth of the time so.
 */
export function simpleLines(text: string, theme: Theme): string[] | undefined {
  const [mark = ""] = /^[-*+] /.exec(text) ?? [];
  const lines = text.slice(mark.length).split("\n");
  if (mark !== "" && lines.length > 1) return undefined;
  const drawn: string[] = [];
  for (const line of lines) {
    const own = simpleLine(line, theme);
    if (own === undefined) return undefined;
    drawn.push(own);
  }
  return mark === "" ? drawn : drawn.map((line) => theme.accent("- ") + line);
}

function simpleLine(line: string, theme: Theme): string | undefined {
  if (!/^[\p{L}*`[]/u.test(line)) return undefined;
  let [at, drawn] = [0, ""];
  for (const found of line.matchAll(SIGN)) {
    const words = line.slice(at, found.index);
    if (!isWords(words)) return undefined;
    drawn += words + signed(found.groups ?? {}, theme);
    at = found.index + found[0].length;
  }
  const rest = line.slice(at);
  return isWords(rest) ? drawn + rest : undefined;
}

function isWords(text: string): boolean {
  return WORDS.test(text) && !ADDRESS.test(text);
}

function signed({ bold, code, link = "", to }: Record<string, string | undefined>, theme: Theme): string {
  if (bold !== undefined) return theme.bold(bold);
  if (code !== undefined) return theme.code(code);
  return `${theme.link(theme.underline(link))}${theme.dim(` (${to})`)}`;
}
