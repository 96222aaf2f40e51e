import type { UserPart } from "../../../core/message.js";
import { visible } from "../../../platform/text.js";
import { wordsOf } from "../../session-text.js";
import type { Locale } from "../locale.js";
import { untabbed } from "../screen/cells.js";
import { cut, wrapped } from "../screen/wrap.js";
import { folded, type Look } from "./folded.js";

const FOLD = { head: 8, tail: 2 };
/** Characters of one line of a folded prompt. */
const LONG = 600;
const WORDS: Record<Locale, { from: string; job: string }> = {
  en: { from: "from", job: "a background job" },
  zh: { from: "来自", job: "后台任务" },
};

type Prompt = { parts: readonly UserPart[]; from: string };

/** What somebody asked, marked line by line; a long one folded. One that is not the person's own says from whom it is. */
export function promptLines(prompt: Prompt, look: Look, columns: number): string[] {
  const draw = (line: string) => clean(line.length > LONG ? `${line.slice(0, LONG)}…` : line);
  return quotedLines(folded(wordsOf(prompt.parts).trim().split("\n"), { fold: FOLD, draw }, look), {
    prompt,
    look,
    columns,
  });
}

/** The whole of it. */
export function wholePrompt(prompt: Prompt, look: Look, columns: number): string[] {
  return quotedLines(wordsOf(prompt.parts).trim().split("\n").map(clean), { prompt, look, columns });
}

function clean(line: string): string {
  return untabbed(visible(line.replace(/\r$/, "")));
}

type Quoted = { prompt: Prompt; look: Look; columns: number };

function quotedLines(lines: readonly string[], { prompt, look, columns }: Quoted): string[] {
  const { theme, locale } = look;
  const mark = `${theme.accent(">")} `;
  const said = lines.flatMap((line) => wrapped(line, Math.max(2, columns - 2)));
  const words = WORDS[locale];
  const who = prompt.from === "job" ? words.job : visible(prompt.from);
  const whose = prompt.from === "user" ? [] : [theme.dim(cut(`${words.from} ${who}`, columns))];
  return [...whose, ...said.map((line) => cut(`${mark}${line}`, columns))];
}
