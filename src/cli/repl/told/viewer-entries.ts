import type { Event } from "../../../core/event.js";
import type { Call, Json } from "../../../core/message.js";
import { visible } from "../../../platform/text.js";
import { diffOf } from "../../progress.js";
import { wordsOf } from "../../session-text.js";
import { type CallTold, storyOf, type Told } from "../../story.js";
import type { Locale } from "../locale.js";
import { untabbed } from "../screen/cells.js";
import { wrapped } from "../screen/wrap.js";
import { diffLines } from "./diff.js";
import type { Look } from "./folded.js";
import { markdown } from "./markdown.js";
import { wholePrompt } from "./prompt-lines.js";
import { headLine, type Seen } from "./tool-line.js";

/** A piece of a session, whole. `texts` is what a search looks through. */
export type ViewEntry = { type: Told["type"]; texts(): string[]; render(columns: number): readonly string[] };

const WORDS: Record<Locale, { thinking: string; note: string; file: string }> = {
  en: { thinking: "thinking", note: "told to the model", file: "all of it is in" },
  zh: { thinking: "思考", note: "告知模型", file: "完整内容见" },
};

/** All that a session holds for a person, in order, nothing folded. */
export function viewEntries(events: readonly Event[], look: Look): ViewEntry[] {
  return storyOf("", events).told.map((told) => entryOf(told, look));
}

function entryOf(told: Told, look: Look): ViewEntry {
  return { type: told.type, texts: () => textsOf(told), render: (columns) => ["", ...linesOf(told, look, columns)] };
}

function textsOf(told: Told): string[] {
  if (told.type === "prompt") return [wordsOf(told.parts)];
  if (told.type !== "call") return [told.text];
  const { call, result } = told;
  const said = result ? [wordsOf(result.parts), diffOf(result.details) ?? ""] : [];
  return [call.name, ...wordsIn(call.input), call.malformed ?? "", ...said];
}

function wordsIn(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(wordsIn);
  if (typeof value !== "object" || value === null) return [String(value)];
  return Object.entries(value).flatMap(([name, each]) => [name, ...wordsIn(each)]);
}

function linesOf(told: Told, look: Look, columns: number): readonly string[] {
  const { theme, locale } = look;
  const dim = (text: string) => plainLines(text, columns).map(theme.dim);
  switch (told.type) {
    case "prompt":
      return wholePrompt(told, look, columns);
    case "answer":
      return markdown(told.text.trim(), theme).render(columns);
    case "thinking":
      return [...titled(WORDS[locale].thinking, look, columns), ...dim(told.text.trim())];
    case "note":
      return [...titled(WORDS[locale].note, look, columns), ...dim(told.text.trim())];
    case "mark":
      return dim(told.text);
    case "call":
      return callWhole(told, look, columns);
  }
}

function titled(word: string, { theme }: Look, columns: number): string[] {
  return wrapped(word, columns).map(theme.italic);
}

function plainLines(text: string, columns: number): string[] {
  return visible(text)
    .split("\n")
    .flatMap((line) => wrapped(untabbed(line), columns));
}

function callWhole({ call, result, ms }: CallTold, look: Look, columns: number): string[] {
  const { theme, locale } = look;
  const seen: Seen = { call: { ...call, input: {} }, tail: "", ...(result && { result: { ...result, ms: ms ?? 0 } }) };
  const room = Math.max(2, columns - 2);
  const set = (lines: readonly string[]) => lines.map((line) => `${columns > 4 ? "  " : ""}${line}`);
  const head = headLine(result ? seen : { ...seen, left: true }, look, { columns, now: 0 });
  const diff = diffOf(result?.details);
  const output = result ? plainLines(wordsOf(result.parts).trimEnd(), room).map(theme.dim) : [];
  const shown = diff === undefined ? output : diffLines(diff, theme, room);
  const file = fileOf(result?.details);
  const whole = file === undefined ? [] : plainLines(`${WORDS[locale].file} ${file}`, room).map(theme.dim);
  return [head, ...set([...argumentLines(call, look, room), ...shown, ...whole])];
}

function argumentLines({ input, malformed }: Call, { theme }: Look, columns: number): string[] {
  if (malformed !== undefined) return plainLines(malformed, columns).map(theme.bad);
  if (typeof input !== "object" || input === null || Array.isArray(input)) return [];
  return Object.entries(input).flatMap(([name, value]) => {
    const words = typeof value === "string" ? value : JSON.stringify(value);
    const lines = words.trimEnd().includes("\n") ? [`${name}:`, ...words.trimEnd().split("\n")] : [`${name}: ${words}`];
    return lines.flatMap((line) => plainLines(line, columns)).map(theme.code);
  });
}

function fileOf(details: Json | undefined): string | undefined {
  if (typeof details !== "object" || details === null || Array.isArray(details)) return undefined;
  return typeof details.file === "string" ? details.file : undefined;
}
