import type { Event, EventOf } from "../core/event.js";
import { type Call, plainText } from "../core/message.js";
import { headTail, linesOf } from "../platform/text.js";
import { clean } from "./words.js";

/** What each line of a transcript begins with; nothing that is told can begin a line of its own. */
type Mark = "prompt" | "worker" | "call" | "result" | "failed" | "cut" | "none";

/** Characters of each that are told, marks included. */
const SHOWN = { prompt: 1500, worker: 2000, call: 1500, result: 6000 };
/** Who the news of what the worker left in the background is from: no more than the worker's own word. */
const JOB = "job";
/** Characters kept for the word that something older was left out. */
const ROOM = 60;

/**
 * The newest part of a log as data: prompts, the worker's words, calls with what they were given, results. Each line is
 * marked with what it is. What is left out for room is the oldest.
 *
 * @example
 * transcriptFor(session.events, 24_000); // "call| bash {\"command\":\"npm test\"}\nresult| 12 passed"
 */
export function transcriptFor(events: readonly Event[], most: number): string {
  const entries = entriesOf(events);
  const told: string[] = [];
  let room = most - ROOM;
  for (const entry of entries.toReversed()) {
    const text = entry(told.length === 0 ? room : Number.POSITIVE_INFINITY);
    if (text.length + 1 > room) break;
    room -= text.length + 1;
    told.unshift(text);
  }
  const left = entries.length - told.length;
  return [...(left === 0 ? [] : [`cut| ${left} older entries are left out`]), ...told].join("\n");
}

/** Renders itself in about that many characters. */
type Entry = (most: number) => string;

function entriesOf(events: readonly Event[]): Entry[] {
  const voided = new Set(events.flatMap((event) => (event.type === "retried" ? [event.voids] : [])));
  const live = events.filter((event) => !voided.has(event.seq));
  const calls = new Map(live.flatMap(callsBy).map((call) => [call.id, call]));
  const answered = new Set(live.flatMap((event) => (event.type === "result" ? [event.callId] : [])));
  const done = new Set<string>();
  return live.flatMap((event): Entry[] => {
    if (event.type === "prompt") {
      const mark = event.from === JOB ? "worker" : "prompt";
      return [(most) => block(mark, plainText(event.parts), Math.min(SHOWN.prompt, most))];
    }
    if (event.type === "result" && !done.has(event.callId)) {
      done.add(event.callId);
      return [(most) => resultTold(event, calls.get(event.callId), most)];
    }
    if (event.type !== "reply") return [];
    const words = plainText(event.parts);
    const open = callsBy(event).filter((call) => !answered.has(call.id));
    return [
      ...(words.trim() === "" ? [] : [(most: number) => block("worker", words, Math.min(SHOWN.worker, most))]),
      ...open.map((call) => (most: number) => `${callTold(call, most)}\nnone| this call has no result`),
    ];
  });
}

function callsBy(event: Event): Call[] {
  if (event.type === "reply") return event.parts.filter((part) => part.type === "call");
  return event.type === "started" && event.call ? [event.call] : [];
}

function resultTold({ parts, failed }: EventOf<"result">, call: Call | undefined, most: number): string {
  const asked = call ? callTold(call, most / 3) : "none| a call that is not known";
  const words = plainText(parts).trim();
  // a compaction let go of it
  if (parts.length === 0) return `${asked}\nnone| its result is too old to be shown`;
  if (words === "") return `${asked}\nnone| it printed nothing`;
  return `${asked}\n${block(failed ? "failed" : "result", words, Math.min(SHOWN.result, most - asked.length - 1))}`;
}

function callTold({ name, input, malformed }: Call, most: number): string {
  return block("call", `${name} ${malformed ?? JSON.stringify(input)}`, Math.min(SHOWN.call, most));
}

function block(mark: Mark, text: string, most: number): string {
  const chars = Math.max(0, most - 2 * ROOM);
  const { head, tail, cut } = headTail(clean(text).trim(), {
    head: Math.floor(chars / 4),
    tail: Math.ceil((chars * 3) / 4),
  });
  const lines = [
    ...marked(mark, head),
    ...(cut === 0 ? [] : [`cut| ${cut} characters are left out`, ...marked(mark, tail)]),
  ];
  return newest(lines, most);
}

function marked(mark: Mark, text: string): string[] {
  return linesOf(text).map((line) => `${mark}| ${line}`);
}

// marks take room too: of very many lines the first are left out
function newest(lines: readonly string[], most: number): string {
  let room = most - ROOM;
  const from = lines.findLastIndex((line) => {
    room -= line.length + 1;
    return room < 0;
  });
  if (from < 0) return lines.join("\n");
  const first = lines[0] ?? "";
  const mark = first.slice(0, first.indexOf("|"));
  return [`${mark}| …`, `cut| ${from + 1} lines are left out`, ...lines.slice(from + 1)].join("\n");
}

/** What a tool gave back, and the call it answered; `call` is absent when it is not wholly known. */
export type Told = { text: string; call?: string };

/** The results in a transcript, read from its marks. */
export function resultsIn(transcript: string): Told[] {
  const told: Told[] = [];
  let call: string | undefined;
  let before = "";
  for (const line of transcript.split("\n")) {
    const [, mark = "", text = ""] = /^(\w+)\| ?(.*)$/s.exec(line) ?? [];
    const last = told.at(-1);
    if (isResult(mark)) {
      if (last && isResult(before)) last.text += `\n${text}`;
      else told.push({ text, ...(call !== undefined && { call }) });
    } else call = callAfter({ mark, text, before, call });
    before = kindOf(mark, before);
  }
  return told;
}

const CUT_CALL = "cut call";

type Reading = { mark: string; text: string; before: string; call: string | undefined };

function callAfter({ mark, text, before, call }: Reading): string | undefined {
  // one that is cut may have said anything
  if (before === CUT_CALL) return undefined;
  if (mark === "call") return before === "call" ? `${call} ${text}` : text;
  // both sides of a cut belong to their call
  return mark === "cut" && isResult(before) ? call : undefined;
}

// what follows the cut of a call is still that call
function kindOf(mark: string, before: string): string {
  if (mark === "cut" && before === "call") return CUT_CALL;
  return before === CUT_CALL && (mark === "cut" || mark === "call") ? CUT_CALL : mark;
}

function isResult(mark: string): boolean {
  return mark === "result" || mark === "failed";
}
