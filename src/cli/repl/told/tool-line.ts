import { visibleWidth } from "@earendil-works/pi-tui";
import type { EventOf } from "../../../core/event.js";
import { type Call, type Json, plainText } from "../../../core/message.js";
import { visible } from "../../../platform/text.js";
import { argumentsLine, diffOf, firstLine } from "../../progress.js";
import type { Locale } from "../locale.js";
import { reasonIn } from "../reasons.js";
import { untabbed } from "../screen/cells.js";
import { cut, wrapped } from "../screen/wrap.js";
import { diffLines } from "./diff.js";
import { folded, type Look, lineCount, moving, span } from "./folded.js";

/** A call while it runs and after. `denied` says who refused it and why. */
export type Seen = {
  call: Call;
  /** Milliseconds since 1970; absent while it waits for its turn. */
  started?: number;
  /** The newest of its output. */
  tail: string;
  /** Calls that a sub-agent made for it. */
  calls?: number;
  result?: EventOf<"result">;
  denied?: { by: string; why: string };
  /** When it was let run: the time that a person took is not the call's. */
  allowed?: { at: number };
  /** A person is asked whether it may run. */
  asked?: boolean;
  /** It will have no result any more. */
  left?: true;
};

type Words = {
  waits: string;
  asked: string;
  denied: string;
  left: string;
  picture: string;
  whole: string;
  comma: string;
  calls(count: number): string;
};
const WORDS: Record<Locale, Words> = {
  en: {
    waits: "waiting",
    asked: "waits for you",
    denied: "denied",
    left: "interrupted",
    picture: "picture",
    whole: "all of it: ",
    comma: ", ",
    calls: (count) => `${count} ${count === 1 ? "call" : "calls"}`,
  },
  zh: {
    waits: "等待中",
    asked: "等你决定",
    denied: "已拒绝",
    left: "已中断",
    picture: "图片",
    whole: "全部输出：",
    comma: "，",
    calls: (count) => `${count} 次调用`,
  },
};
const FOLD = { diff: { head: 16, tail: 4 }, output: { head: 3, tail: 3 }, failure: { head: 1, tail: 4 }, running: 2 };
/** Characters of an argument that is told beside the most telling one. */
const SHORT = 40;
/** Columns of an argument below which how the call stands gives way. */
const LEAST = 6;

/** A call, how it stands, and below it what it brought, at most some lines. `now` is milliseconds since 1970. */
export function callLines(given: Seen, look: Look, { columns, now }: { columns: number; now: number }): string[] {
  const { denied, ...rest } = given;
  // a part of it may have been refused: the call counts
  const seen = denied && !(given.result && !given.result.failed) ? given : rest;
  return [headLine(seen, look, { columns, now }), ...bodyLines(seen, look, columns)];
}

/** A call on one line: its mark, name and most telling argument, and how it stands. */
export function headLine(seen: Seen, look: Look, { columns, now }: { columns: number; now: number }): string {
  const { theme } = look;
  const name = cut(visible(seen.call.name), Math.max(1, columns - 2));
  const state = stateOf(seen, look, now);
  const head = `${markOf(seen, look, now)} ${theme.bold(name)}`;
  const room = columns - visibleWidth(name) - 3;
  const stateRoom = visibleWidth(state) + 2;
  const words = argumentOf(seen.call, diffOf(seen.result?.details) !== undefined);
  const most = room - (state === "" || room - stateRoom < LEAST ? 0 : stateRoom);
  const shown = words === "" || most < 4 ? head : `${head} ${cut(words, most)}`;
  const wide = visibleWidth(name) + 2 + (shown === head ? 0 : 1 + visibleWidth(cut(words, most))) + stateRoom;
  const line = state === "" ? shown : `${shown}  ${theme.dim(state)}`;
  return wide <= columns ? line : cut(line, columns);
}

function markOf({ result, denied, left, started, asked }: Seen, { theme }: Look, now: number): string {
  if (denied) return theme.bad("✗");
  if (result) return result.failed ? theme.bad("✗") : theme.good("✓");
  if (left) return theme.warn("-");
  return started === undefined || asked ? theme.dim("·") : theme.accent(moving(now));
}

function running({ started, allowed, calls, asked }: Seen, words: Words, at: { locale: Locale; now: number }): string {
  if (asked) return words.asked;
  if (started === undefined) return words.waits;
  const ran = span(at.now - (allowed?.at ?? started), at.locale);
  return calls === undefined ? ran : `${words.calls(calls)}${words.comma}${ran}`;
}

function stateOf(seen: Seen, { locale }: Look, now: number): string {
  const { result } = seen;
  const words = WORDS[locale];
  if (seen.denied) return words.denied;
  if (!result && seen.left) return words.left;
  if (!result) return running(seen, words, { locale, now });
  const ms = seen.allowed === undefined ? (result.ms ?? sinceOf(seen, result.at)) : result.at - seen.allowed.at;
  const change = changeOf(result.details);
  const pictures = result.parts.some((part) => part.type === "image") ? words.picture : "";
  const count = outputOf(result).length;
  const size =
    (seen.calls !== undefined && words.calls(seen.calls)) ||
    change ||
    pictures ||
    (result.failed || count < 2 ? "" : lineCount(count, locale, fileOf(result.details) !== undefined));
  return [ms === undefined ? "" : span(ms, locale), size].filter((each) => each !== "").join(words.comma);
}

function sinceOf({ started }: Seen, at: number): number | undefined {
  return started === undefined ? undefined : at - started;
}

function changeOf(details: Json | undefined): string {
  if (typeof details !== "object" || details === null || Array.isArray(details)) return "";
  const { added, removed } = details;
  return typeof added === "number" && typeof removed === "number" ? `+${added} -${removed}` : "";
}

function outputOf(result: EventOf<"result">): string[] {
  const words = plainText(result.parts).trimEnd();
  return words === "" ? [] : words.split("\n");
}

function bodyLines(seen: Seen, look: Look, columns: number): string[] {
  const { theme, locale } = look;
  const room = Math.max(1, columns - 2);
  const { result, denied } = seen;
  const bad = (words: string) => wrapped(firstLine(words), room).map(theme.bad);
  const draw = (line: string) => theme.dim(cut(untabbed(visible(line)), room));
  const lines = () => {
    if (denied) return bad(denied.why === "" ? WORDS[locale].denied : reasonIn(locale, denied.why));
    if (!result) return tailLines(seen.tail).map(draw);
    const diff = diffOf(result.details);
    if (diff !== undefined) {
      return folded(diffLines(diff, theme, room), { fold: FOLD.diff, draw: (line) => line }, look);
    }
    const output = outputOf(result);
    const [first = "", ...rest] = output;
    if (result.failed) return [...bad(first), ...folded(rest, { fold: FOLD.failure, draw }, look)];
    return isOutput(result.details) ? outputLines(result, { draw, room }, look) : [];
  };
  return lines().map((line) => cut(`  ${line}`, columns));
}

type Drawing = { draw(line: string): string; room: number };

// of what was too long for the model the rest stands in a file
function outputLines(result: EventOf<"result">, { draw, room }: Drawing, look: Look): string[] {
  const file = fileOf(result.details);
  const lines = folded(outputOf(result), { fold: { ...FOLD.output, part: file !== undefined }, draw }, look);
  const whole = file === undefined ? [] : wrapped(`${WORDS[look.locale].whole}${visible(file)}`, room);
  return [...lines, ...whole.map(look.theme.dim)];
}

function fileOf(details: Json | undefined): string | undefined {
  if (typeof details !== "object" || details === null || Array.isArray(details)) return undefined;
  return typeof details.file === "string" ? details.file : undefined;
}

// a program ran: what it wrote is for the person too; what was looked up is for the model
function isOutput(details: Json | undefined): boolean {
  return typeof details === "object" && details !== null && !Array.isArray(details) && "code" in details;
}

function tailLines(tail: string): string[] {
  const lines = tail.split(/\r?\n|\r/).filter((line) => line.trim() !== "");
  return lines.slice(-FOLD.running);
}

/** The first words among a call's arguments, and what else is short unless it is `told` below, on one line; hidden characters visible. */
export function argumentOf({ input, malformed }: Call, told?: boolean): string {
  if (malformed !== undefined) return firstLine(malformed);
  if (typeof input !== "object" || input === null || Array.isArray(input)) return "";
  const fields = Object.entries(input);
  const telling = fields.find(([, value]) => typeof value === "string" && value.trim() !== "");
  if (telling === undefined) return listLine(fields) ?? argumentsLine(input);
  const others = told
    ? []
    : fields.filter((field) => field !== telling).flatMap(([name, value]) => shortly(name, value));
  return [words(String(telling[1])), ...others].join(" ");
}

// of a list of things, such as tasks, the first one's words and how many follow
function listLine(fields: readonly (readonly [string, Json])[]): string | undefined {
  const [[, list] = [], ...others] = fields;
  if (others.length > 0 || !Array.isArray(list)) return undefined;
  const [first] = list;
  const inner = typeof first === "object" && first !== null ? Object.values(first) : [first];
  const said = inner.find((value) => typeof value === "string" && value.trim() !== "");
  if (said === undefined) return undefined;
  return `${words(String(said)).replace(/ …\+\d+$/, " …")}${list.length > 1 ? ` …+${list.length - 1}` : ""}`;
}

function words(value: string): string {
  const [first = "", ...more] = value.trim().split("\n");
  const line = untabbed(visible(first.slice(0, 2000)));
  return more.length === 0 ? line : `${line} …+${more.length}`;
}

function shortly(name: string, value: Json): string[] {
  if (typeof value === "object" || String(value).length > SHORT || String(value).includes("\n")) return [];
  return [visible(`${name}=${value}`)];
}
