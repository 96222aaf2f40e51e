import type { Event, EventOf } from "../../../core/event.js";
import type { Json } from "../../../core/message.js";
import { clip } from "../../../platform/text.js";
import { VERIFY } from "../../../plugins/verify-options.js";
import { firstLine } from "../../progress.js";
import type { Locale } from "../locale.js";
import type { Pane } from "../port.js";
import { reasonIn } from "../reasons.js";
import { oneLine } from "../screen/cells.js";
import { wrapped } from "../screen/wrap.js";
import type { Paint, Theme } from "../theme.js";
import type { Look } from "./folded.js";
import { kept } from "./markdown.js";

type Words = Record<
  "retried" | "compacted" | "trimmed" | "length" | "cut" | "limit" | "failed" | "aborted" | "passed",
  string
> & { status: Record<string, string>; repairs: string; colon: string };

const WORDS: Record<Locale, Words> = {
  en: {
    retried: "asking again",
    compacted: "the conversation was summed up to make room",
    trimmed: "old results were shortened for the model to make room",
    length: "the answer reached its longest size",
    cut: "the answer broke off",
    limit: "stopped at a limit",
    failed: "failed",
    aborted: "interrupted",
    passed: "checked",
    colon: ": ",
    status: { failed: "fails", skipped: "not checked" },
    repairs: "what fails was not mended: look at it before you rely on this work",
  },
  zh: {
    retried: "重新请求",
    compacted: "为腾出空间，对话已被总结",
    trimmed: "为腾出空间，较早的结果已为模型缩短",
    length: "回答达到了最大长度",
    cut: "回答中断",
    limit: "因达到上限而停止",
    failed: "失败",
    aborted: "已中断",
    passed: "已检查",
    colon: "：",
    status: { failed: "未通过", skipped: "未检查" },
    repairs: "未通过的检查没有修好：使用这些改动前请先查看",
  },
};

/** Characters of one notice. */
const LONG = 1000;

type Line = { paint: keyof Pick<Theme, "dim" | "bad" | "warn" | "good">; text: string };

/**
 * What a fact says to a person in a line or two; nothing for most facts, and for what only the model is to know.
 * `told` is why things could not be checked, as far as the person knows it already.
 */
export function noticeOf(event: Event, look: Look, told: Set<string>): Pane | undefined {
  const lines = linesOf(event, { locale: look.locale, told });
  return lines.length === 0 ? undefined : notice(lines, look.theme);
}

type Telling = { locale: Locale; told: Set<string> };

/** A plugin at work. */
export function statusPane(by: string, text: string, { theme }: Look): Pane {
  return notice([{ paint: "dim", text: `${by}: ${text}` }], theme);
}

/** Lines that wrap under their first word. */
function notice(lines: readonly Line[], theme: Theme): Pane {
  return kept((columns) =>
    lines.flatMap(({ paint, text }) => {
      const draw: Paint = theme[paint];
      return wrapped(sentenceOf(text), columns, "  ").map(draw);
    }),
  );
}

// what to do stands at the end of it: only what no person would read is left out
function sentenceOf(text: string): string {
  const line = oneLine(text.trim());
  return clip(line, LONG);
}

function linesOf(event: Event, { locale, told }: Telling): Line[] {
  const words = WORDS[locale];
  switch (event.type) {
    case "note":
      // what begins with a tag is data for the model
      return event.lasting || event.text.startsWith("<")
        ? []
        : [{ paint: "dim", text: `${event.by}: ${firstLine(event.text)}` }];
    case "retried":
      return [{ paint: "dim", text: `${words.retried}${words.colon}${event.reason}` }];
    case "compacted":
      return [{ paint: "dim", text: words.compacted }];
    case "trimmed":
      return [{ paint: "dim", text: words.trimmed }];
    case "reply":
      if (event.stop !== "length" && event.stop !== "cut") return [];
      return [{ paint: "warn", text: words[event.stop] }];
    case "state":
      return event.key === VERIFY ? checkLines(event.value, words, told) : [];
    case "ended":
      return endLines(event, words, locale);
    default:
      return [];
  }
}

function endLines({ outcome, reason = "" }: EventOf<"ended">, words: Words, locale: Locale): Line[] {
  if (outcome === "done") return [];
  const why =
    reason === "" || (outcome === "aborted" && reason.startsWith("interrupted"))
      ? ""
      : `${words.colon}${reasonIn(locale, reason)}`;
  return [{ paint: outcome === "failed" ? "bad" : "warn", text: `${words[outcome]}${why}` }];
}

type Fields = { [key: string]: Json | undefined };

function checkLines(value: Json, words: Words, told: Set<string>): Line[] {
  const { checks, status } = fieldsOf(value);
  const all = Array.isArray(checks) ? checks.map(fieldsOf) : [];
  const passed = all.filter((each) => each.status === "passed");
  const others = all.filter((each) => each.status !== "passed" && isNews(each, told));
  const names = passed.map(({ check }) => String(check));
  return [
    ...(names.length === 0
      ? []
      : [{ paint: "good", text: `✓ ${words.passed}${words.colon}${names.join(", ")}` } as const]),
    ...others.map((each) => checkLine(each, words)),
    ...(status === "failed" ? [{ paint: "bad", text: `✗ ${words.repairs}` } as const] : []),
  ];
}

// that a program is missing is said once
function isNews({ status, why }: Fields, told: Set<string>): boolean {
  if (status === "failed" || typeof why !== "string") return true;
  const isNew = !told.has(why);
  told.add(why);
  return isNew;
}

function checkLine({ check, status, why }: Fields, words: Words): Line {
  const reason = why === undefined ? "" : ` (${String(why)})`;
  const text = `${String(check)}: ${words.status[String(status)] ?? String(status)}${reason}`;
  return status === "failed" ? { paint: "bad", text: `✗ ${text}` } : { paint: "dim", text };
}

function fieldsOf(json: Json): Fields {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? json : {};
}
