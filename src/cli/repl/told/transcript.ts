import { visibleWidth } from "@earendil-works/pi-tui";
import type { Delta, Event, EventOf } from "../../../core/event.js";
import type { Call } from "../../../core/message.js";
import type { Locale } from "../locale.js";
import type { Pane } from "../port.js";
import { endOf, oneLine } from "../screen/cells.js";
import { cut } from "../screen/wrap.js";
import { childWords, countCall } from "./child-tail.js";
import type { Look } from "./folded.js";
import { kept, type MarkdownStream, markdownStream } from "./markdown.js";
import { noticeOf, statusPane } from "./notices.js";
import { promptLines } from "./prompt-lines.js";
import { recounted } from "./recount.js";
import { callLines, type Seen } from "./tool-line.js";

/** What a transcript needs: `print` takes what is finished, in order; `now` is milliseconds since 1970. */
export type TranscriptParts = { look: Look; print(pane: Pane): void; now(): number };

/** Shows a run: what is finished is printed once, for good, and `live` is what is still open. */
export type Transcript = {
  see(item: Event | Delta): void;
  /** The end of what a session already holds. */
  recount(events: readonly Event[]): void;
  live: Pane;
};

/** In the order of the reply; only the first can be printed from. */
type Entry =
  | { type: "text"; stream: MarkdownStream; ready: Pane[]; begun: boolean; ended: boolean }
  | { type: "call"; seen: Seen }
  | { type: "prompt" | "line"; pane: Pane };

type State = {
  parts: TranscriptParts;
  open: Entry[];
  calls: Map<string, Seen>;
  /** The ids of the calls that were printed. */
  told: Set<string>;
  /** Why things could not be checked, each said once. */
  unchecked: Set<string>;
  /** What was printed last, to set what comes next apart from it. */
  before: Entry["type"] | undefined;
  /** Text or calls of the reply that comes have been seen. */
  heard: boolean;
  thinking: string;
  status: { by: string; text: string; live: boolean } | undefined;
};

const WORDS: Record<Locale, { thinking: string }> = { en: { thinking: "thinking…" }, zh: { thinking: "思考中…" } };
/** Characters of what streams that are kept for its newest lines. */
const TAIL = 2000;

export function transcript(parts: TranscriptParts): Transcript {
  const state: State = {
    parts,
    open: [],
    calls: new Map(),
    told: new Set(),
    unchecked: new Set(),
    before: undefined,
    heard: false,
    thinking: "",
    status: undefined,
  };
  return {
    see(item) {
      if ("seq" in item) record(state, item);
      else hear(state, item);
      flush(state);
    },
    recount(events) {
      const pane = recounted(events, { look: parts.look, told: (some) => panesOf(some, parts) });
      if (pane) parts.print(pane);
      // also without one: words of the session itself may stand above
      state.before = "prompt";
    },
    live: { render: (columns) => liveLines(state, columns) },
  };
}

/** Facts as they look when all is over. */
function panesOf(events: readonly Event[], parts: TranscriptParts): Pane[] {
  const panes: Pane[] = [];
  const state = transcript({ ...parts, print: (pane) => panes.push(pane) });
  for (const event of events) state.see(event);
  state.see({ type: "ended", outcome: "done", seq: 0, at: 0 });
  return panes;
}

// ---- what streams

function hear(state: State, delta: Delta): void {
  switch (delta.type) {
    case "text":
      state.thinking = "";
      say(state, delta.text);
      return;
    case "thinking":
      state.thinking = (state.thinking + delta.text).slice(-TAIL);
      return;
    case "call":
      state.thinking = "";
      announce(state, delta.call);
      return;
    case "progress":
      more(state, delta.callId, delta.text);
      return;
    case "status":
      tell(state, delta);
      return;
    case "child":
      more(state, delta.callId, childWords(delta.item));
      countCall(state.calls.get(delta.callId), delta.item);
  }
}

function say(state: State, text: string): void {
  state.heard = true;
  const known = state.open.find((entry) => entry.type === "text" && !entry.ended);
  if (known?.type === "text") {
    known.ready.push(...known.stream.feed(text));
    return;
  }
  // a reply that begins with blank lines begins with its first word
  if (text.trim() === "") return;
  const stream = markdownStream(state.parts.look.theme);
  state.open.push({ type: "text", stream, ready: stream.feed(text), begun: false, ended: false });
}

function endText({ open }: State): void {
  for (const entry of open) {
    if (entry.type !== "text" || entry.ended) continue;
    entry.ready.push(...entry.stream.end());
    entry.ended = true;
  }
}

function announce(state: State, call: Call): void {
  if (state.calls.has(call.id) || state.told.has(call.id)) return;
  endText(state);
  const seen: Seen = { call, tail: "" };
  state.calls.set(call.id, seen);
  state.open.push({ type: "call", seen });
}

function more({ calls }: State, callId: string, text: string): void {
  const seen = calls.get(callId);
  if (seen) seen.tail = (seen.tail + text.slice(-TAIL)).slice(-TAIL);
}

// what a plugin is about to do is shown while it does it; what it did stays
function tell(state: State, { by, text }: { by: string; text: string }): void {
  const live = /(…|\.\.\.)$/.test(text.trim());
  state.status = { by, text, live };
  if (!live) line(state, statusPane(by, text, state.parts.look));
}

// ---- what is recorded

function record(state: State, event: Event): void {
  switch (event.type) {
    case "started":
      if (event.call) announce(state, event.call);
      Object.assign(state.calls.get(event.callId) ?? {}, { started: event.at });
      return;
    case "judged":
      Object.assign(state.calls.get(event.callId) ?? {}, { [event.verdict === "deny" ? "denied" : "allowed"]: event });
      return;
    case "result":
      Object.assign(state.calls.get(event.callId) ?? {}, { result: event });
      return;
    case "reply":
      reply(state, event);
      return;
    case "prompt":
      endText(state);
      state.open.push({ type: "prompt", pane: kept((columns) => promptLines(event, state.parts.look, columns)) });
      return;
    case "ended":
      leave(state);
  }
  notice(state, event);
}

function reply(state: State, event: EventOf<"reply">): void {
  const streamed = state.heard;
  for (const part of event.parts) {
    if (part.type === "call") announce(state, part);
    else if (part.type === "text" && !streamed) {
      say(state, part.text);
      endText(state);
    }
  }
  endText(state);
  Object.assign(state, { heard: false, thinking: "", status: undefined });
  notice(state, event);
}

// nothing that is open will go on
function leave(state: State): void {
  endText(state);
  for (const entry of state.open) if (entry.type === "call" && !entry.seen.result) entry.seen.left = true;
  Object.assign(state, { heard: false, thinking: "", status: undefined });
}

function notice(state: State, event: Event): void {
  const known = state.status;
  // what a plugin has told the person just now it need not tell in the words for the model
  if (event.type === "note" && known?.by === event.by) return;
  const pane = noticeOf(event, state.parts.look, state.unchecked);
  if (pane) line(state, pane);
  if (known?.live) state.status = undefined;
}

function line(state: State, pane: Pane): void {
  state.open.push({ type: "line", pane });
}

// ---- what is printed, and what is not yet

function flush(state: State): void {
  for (let entry = state.open[0]; entry !== undefined; entry = state.open[0]) {
    for (const pane of readyOf(entry, state)) print(state, entry, pane);
    if (!isOver(entry)) return;
    state.open.shift();
    if (entry.type !== "call") continue;
    state.calls.delete(entry.seen.call.id);
    state.told.add(entry.seen.call.id);
  }
}

function print(state: State, entry: Entry, pane: Pane): void {
  const lead = leadOf(entry, state.before);
  state.before = entry.type;
  if (entry.type === "text") entry.begun = true;
  state.parts.print(lead.length === 0 ? pane : { render: (columns) => [...lead, ...pane.render(columns)] });
}

// calls and notices stand close together, all else is set apart
function leadOf(entry: Entry, before: Entry["type"] | undefined): string[] {
  if (before === undefined || (entry.type === "text" && entry.begun)) return [];
  const close = (type: Entry["type"]) => type === "call" || type === "line";
  return close(before) && close(entry.type) ? [] : [""];
}

function readyOf(entry: Entry, { parts }: State): Pane[] {
  if (entry.type === "text") return entry.ready.splice(0);
  if (entry.type !== "call") return [entry.pane];
  if (!isOver(entry)) return [];
  const { seen } = entry;
  const now = parts.now();
  return [kept((columns) => callLines(seen, parts.look, { columns, now }))];
}

function isOver(entry: Entry): boolean {
  if (entry.type === "text") return entry.ended;
  return entry.type !== "call" || entry.seen.result !== undefined || entry.seen.left === true;
}

function liveLines(state: State, columns: number): string[] {
  const { thinking, status, parts } = state;
  const { theme, locale } = parts.look;
  let { before } = state;
  const lines = state.open.flatMap((entry) => {
    const own = entryLines(entry, parts, columns);
    if (own.length === 0) return [];
    const lead = leadOf(entry, before);
    before = entry.type;
    return [...lead, ...own];
  });
  if (thinking !== "") {
    const word = WORDS[locale].thinking;
    const room = columns - visibleWidth(word) - 1;
    const last = room < 8 ? "" : ` ${endOf(oneLine(thinking.slice(-columns * 2)), room)}`;
    lines.push(...(before === undefined ? [] : [""]), theme.dim(cut(`${word}${last}`, columns)));
  }
  return status?.live ? [...lines, ...statusPane(status.by, status.text, parts.look).render(columns)] : lines;
}

function entryLines(entry: Entry, parts: TranscriptParts, columns: number): readonly string[] {
  if (entry.type === "call") return callLines(entry.seen, parts.look, { columns, now: parts.now() });
  if (entry.type !== "text") return entry.pane.render(columns);
  return [...entry.ready.flatMap((pane) => pane.render(columns)), ...entry.stream.live.render(columns)];
}
