import type { Event, EventOf, Fact } from "../core/event.js";
import { callsIn, type Json, plainText, text } from "../core/message.js";
import type { Result } from "../core/tool.js";
import { partTokens, textTokens } from "../models/tokens.js";
import { headTail } from "../platform/text.js";
import { live } from "./answer.js";
import { unread } from "./context-size.js";

type Save = (name: string, text: string) => string | undefined;

/** Characters of a shortened result: of one that was too long by itself, of one of a round, of one the model knows. */
const LEFT = { long: { head: 10_000, tail: 20_000 }, batch: { head: 1000, tail: 1000 }, old: { head: 100, tail: 0 } };
/** Tokens below which an old result is left as it is. */
const SMALL = 120;
/** Rounds of results that stay whole, beside those that are not read yet. */
const WHOLE = 2;

/** A result whose long texts are told by their beginning and end; all of it goes to a file. */
export function shortResult(result: Result, save: (text: string) => string | undefined): Result {
  const file = fileOf(result.details) ?? save(plainText(result.parts));
  const parts = result.parts.map((part) => (part.type === "text" ? text(cut(part.text, LEFT.long, file)) : part));
  return { ...result, parts, details: { ...fieldsOf(result.details), ...(file !== undefined && { file }) } };
}

/** Shortens the largest results of the newest round until they are within `most` tokens. */
export function trimRound(events: readonly Event[], most: number, save: Save): Fact | undefined {
  const results = unread(events).map((result) => ({ result, tokens: partTokens(result.parts) }));
  let sum = results.reduce((all, { tokens }) => all + tokens, 0);
  const texts: Record<string, string> = {};
  for (const { result, tokens } of results.toSorted((a, b) => b.tokens - a.tokens)) {
    if (sum <= most) break;
    const short = told(result, { save, left: LEFT.batch });
    sum -= tokens - textTokens(short);
    if (textTokens(short) < tokens) texts[result.callId] = short;
  }
  return Object.keys(texts).length === 0 ? undefined : { type: "trimmed", texts };
}

/** Shrinks all old results that the model has read to a line each; none when that saves less than `least` tokens. */
export function trimOld(
  events: readonly Event[],
  least: number,
  save: Save,
): { fact: Fact; saved: number } | undefined {
  const old = seen(events).filter(({ parts }) => partTokens(parts) > SMALL);
  if (old.reduce((sum, { parts }) => sum + partTokens(parts) - SMALL / 2, 0) < least) return undefined;
  const texts: Record<string, string> = {};
  let saved = 0;
  for (const result of old) {
    const short = told(result, { save, left: LEFT.old });
    const less = partTokens(result.parts) - textTokens(short);
    if (less <= 0) continue;
    texts[result.callId] = short;
    saved += less;
  }
  return saved < least ? undefined : { fact: { type: "trimmed", texts }, saved };
}

// what the model has read, was not shortened yet, and is not of the newest rounds
function seen(events: readonly Event[]): EventOf<"result">[] {
  const start = live(events).findLast((event) => event.type === "compacted")?.upto ?? -1;
  const rounds = events.filter((event) => event.type === "reply" && callsIn(event.parts).length > 0);
  const whole = new Set(
    rounds
      .slice(-WHOLE - 1)
      .flatMap((event) => (event.type === "reply" ? callsIn(event.parts) : []))
      .map(({ id }) => id),
  );
  const short = new Set(events.flatMap((event) => (event.type === "trimmed" ? Object.keys(event.texts) : [])));
  return events.filter(
    (event): event is EventOf<"result"> =>
      event.type === "result" && event.seq > start && !whole.has(event.callId) && !short.has(event.callId),
  );
}

type Shortening = { save: Save; left: { head: number; tail: number } };

function told({ callId, parts, details }: EventOf<"result">, { save, left }: Shortening): string {
  const words = plainText(parts);
  const images = parts.filter((part) => part.type === "image").length;
  const file = fileOf(details) ?? save(callId, words);
  const pictures = images === 0 ? "" : `[${images === 1 ? "an image" : `${images} images`} left out]\n`;
  return pictures + cut(words, left, file);
}

function cut(words: string, left: { head: number; tail: number }, file: string | undefined): string {
  const { head, tail, cut: gone } = headTail(words, left);
  if (gone === 0) return words;
  const where = file === undefined ? "" : `; all of it is in ${file}`;
  return `${head}\n[… ${gone} characters left out${where} …]${tail === "" ? "" : `\n${tail}`}`;
}

function fileOf(details: Json | undefined): string | undefined {
  const { file } = fieldsOf(details);
  return typeof file === "string" ? file : undefined;
}

function fieldsOf(details: Json | undefined): { [key: string]: Json } {
  return typeof details === "object" && details !== null && !Array.isArray(details) ? details : {};
}
