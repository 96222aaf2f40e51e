import type { Json } from "../../../core/message.js";
import type { Foresight } from "../../../core/tool.js";
import type { Question } from "../../../plugins/question.js";
import type { Locale } from "../locale.js";
import { laidOpen } from "../screen/cells.js";
import { wrapWhole } from "../screen/wrap.js";
import type { Paint, Theme } from "../theme.js";

/** A line of what is asked. The gutter tells a line from one that was only too long; nothing in a text can pass for it. */
type Row = { gutter: string; text: string; paint?: Paint };

/** Labels end with their colon. */
type Words = Record<
  "why" | "folder" | "read" | "write" | "net" | "none" | "run" | "also" | "unknown" | "repository" | "rules",
  string
> & { title(tool: string, from: string | undefined): string; changed: string; via: string };

const WORDS: Record<Locale, Words> = {
  en: {
    title: (tool, from) => (from === undefined ? `Allow ${tool}?` : `Allow ${tool} for the agent ${from}?`),
    why: "Why it asks: ",
    folder: "Runs in: ",
    read: "Reads: ",
    write: "Writes: ",
    net: "Reaches: ",
    none: "Touches: ",
    run: "Runs: ",
    also: "Also reads: ",
    unknown: "Cannot be told: ",
    repository: "Changes the repository (.git)",
    rules: "“Always” keeps: ",
    changed: "Changed by you; this runs instead, once:",
    via: "Link: ",
  },
  zh: {
    title: (tool, from) => (from === undefined ? `允许 ${tool}？` : `允许代理 ${from} 使用 ${tool}？`),
    why: "询问原因：",
    folder: "运行于：",
    read: "读取：",
    write: "写入：",
    net: "访问：",
    none: "涉及：",
    run: "运行：",
    also: "还读取：",
    unknown: "无法判断：",
    repository: "会改动仓库（.git）",
    rules: "“总是”会保存规则：",
    changed: "已由你修改；将改为执行一次：",
    via: "链接：",
  },
};

/** What stands in a question, and what a person made of its arguments. */
export type Asked = { question: Question; changed: Json | undefined };

/** All that a person must be able to see before saying yes, at a width. Nothing in it is cut. */
export function bodyLines(
  { question, changed }: Asked,
  look: { theme: Theme; locale: Locale },
  columns: number,
): string[] {
  const rows = changed === undefined ? rowsOf(question, look) : changedRows({ question, changed }, look);
  return rows.flatMap((row) => linesOf(row, columns));
}

function linesOf({ gutter, text, paint = plain }: Row, columns: number): string[] {
  const lead = gutter.length + 8 > columns ? "" : gutter;
  const rest = " ".repeat(lead.length);
  return wrapWhole(laidOpen(text), columns - lead.length).map((line, n) => `${n === 0 ? lead : rest}${paint(line)}`);
}

const plain: Paint = (text) => text;

type Look = { theme: Theme; locale: Locale };

function rowsOf(question: Question, look: Look): Row[] {
  const words = WORDS[look.locale];
  const { tool, from, why, always = [] } = question;
  const rules = always.flatMap((rule) => textRows(rule, "> "));
  return [
    { gutter: "", text: words.title(tool, from), paint: look.theme.bold },
    ...(question.effect.foresight ? commandRows(question.effect.foresight) : []),
    ...labelled(words.why, [why]),
    ...touched(question, words),
    ...contentRows(question, look.theme),
    ...(rules.length > 0 ? [{ gutter: "", text: words.rules.trimEnd() }, ...rules] : []),
  ];
}

function changedRows({ question, changed }: { question: Question; changed: Json }, look: Look): Row[] {
  const words = WORDS[look.locale];
  return [
    { gutter: "", text: words.title(question.tool, question.from), paint: look.theme.bold },
    { gutter: "", text: words.changed, paint: look.theme.warn },
    ...argumentRows(changed),
  ];
}

function commandRows({ line }: Foresight): Row[] {
  return line.split("\n").map((text, n) => ({ gutter: n === 0 ? "$ " : "> ", text }));
}

function touched({ effect, subjects, via, why }: Question, words: Words): Row[] {
  const { foresight } = effect;
  const link = labelled(words.via, via === undefined ? [] : [via]);
  if (foresight === undefined) return [...labelled(words[effect.kind], subjects), ...link];
  const { folder, reads, writes, network, unknown, repository } = foresight;
  const outside = reads.filter((path) => path !== folder && !path.startsWith(`${folder}/`));
  return [
    ...labelled(words.folder, [folder]),
    ...labelled(words.write, writes),
    ...labelled(words.also, outside),
    ...labelled(words.net, network),
    ...labelled(
      words.unknown,
      unknown.filter((each) => !why.includes(each)),
    ),
    ...(repository ? [{ gutter: "", text: words.repository }] : []),
    ...link,
  ];
}

function labelled(label: string, values: readonly string[]): Row[] {
  const [only] = values;
  if (only === undefined) return [];
  if (values.length === 1 && !only.includes("\n")) return [{ gutter: "", text: label + only }];
  return [{ gutter: "", text: label.trimEnd() }, ...values.flatMap((value) => textRows(value, "- "))];
}

// the diff holds all that is written; words in its place do not, and then the arguments are shown too
function contentRows({ preview, input, effect }: Question, theme: Theme): Row[] {
  if (preview?.type === "diff") return diffRows(preview.text, theme);
  const notes = preview === undefined ? [] : textRows(preview.text, "! ");
  return [...notes, ...argumentRows(input, effect.foresight?.line)];
}

function textRows(text: string, gutter: string): Row[] {
  return text.split("\n").map((line, n) => ({ gutter: n === 0 ? gutter : "| ", text: line }));
}

// one field a line; `known` stands elsewhere already
function argumentRows(input: Json, known?: string): Row[] {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return textRows(wordsOf(input), "> ");
  const fields = Object.entries(input).filter(([, value]) => known === undefined || value !== known);
  return fields.flatMap(([name, value]) => {
    const words = wordsOf(value);
    if (!words.includes("\n")) return [{ gutter: "  ", text: `${name}: ${words}` }];
    return [{ gutter: "  ", text: `${name}:` }, ...words.split("\n").map((text) => ({ gutter: "  | ", text }))];
  });
}

function wordsOf(value: Json): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

type Place = { old: number; now: number; oldLeft: number; nowLeft: number };

function hunkAt(line: string): Place | undefined {
  const found = HUNK.exec(line);
  if (!found) return undefined;
  const [old = 0, oldLeft = 0, now = 0, nowLeft = 0] = found.slice(1).map((each) => Number(each ?? 1));
  return { old, now, oldLeft, nowLeft };
}

// whether a line is a change is told by the counts of its hunk, never by how it begins
function diffRows(diff: string, theme: Theme): Row[] {
  const lines = diff.replace(/\n$/, "").split("\n");
  const ends = lines.map((line) => hunkAt(line)).map((hunk) => (hunk ? hunk.old + hunk.oldLeft + hunk.nowLeft : 0));
  const digits = String(ends.reduce((most, end) => Math.max(most, end), 10)).length;
  let place: Place = { old: 0, now: 0, oldLeft: 0, nowLeft: 0 };
  return lines.map((text) => {
    const inside = place.oldLeft > 0 || place.nowLeft > 0;
    const hunk = inside ? undefined : hunkAt(text);
    const number = inside ? numberOf(text, place) : undefined;
    place = inside ? stepped(text, place) : (hunk ?? place);
    const gutter = `${String(number ?? "").padStart(digits)} `;
    return { gutter, text, paint: number === undefined ? (hunk ? theme.accent : theme.dim) : paintOf(text, theme) };
  });
}

function numberOf(line: string, { old, now }: Place): number | undefined {
  if (line.startsWith("\\")) return undefined;
  return line.startsWith("-") ? old : now;
}

function paintOf(line: string, theme: Theme): Paint {
  if (line.startsWith("+")) return theme.added;
  return line.startsWith("-") ? theme.removed : plain;
}

function stepped(line: string, place: Place): Place {
  if (line.startsWith("\\")) return place;
  const [old, now] = [line.startsWith("+") ? 0 : 1, line.startsWith("-") ? 0 : 1];
  return {
    old: place.old + old,
    oldLeft: place.oldLeft - old,
    now: place.now + now,
    nowLeft: place.nowLeft - now,
  };
}
