import { isDeepStrictEqual } from "node:util";
import { visibleWidth } from "@earendil-works/pi-tui";
import type { Delta, Event, EventOf } from "../../../core/event.js";
import type { Call } from "../../../core/message.js";
import type { Question } from "../../../plugins/question.js";
import { agentTitle } from "../../progress.js";
import type { Locale } from "../locale.js";
import type { Pane } from "../port.js";
import { endOf, oneLine } from "../screen/cells.js";
import { cut } from "../screen/wrap.js";
import { childWords, countCall } from "./child-tail.js";
import { type Entry, firstOf, isOver, kindOf, leadOf, openLines, type Piece, readyOf, sizeOf } from "./entries.js";
import type { Look } from "./folded.js";
import { kept, markdownStream } from "./markdown.js";
import { noticeOf, statusPane } from "./notices.js";
import { promptLines } from "./prompt-lines.js";
import { recounted } from "./recount.js";
import { type Retries, retries } from "./retries.js";
import type { Seen } from "./tool-line.js";

/** What a transcript needs: `print` takes what is finished, in order; `now` is milliseconds since 1970. */
export type TranscriptParts = { look: Look; print(pane: Pane): void; now(): number };

/** Shows a run: what is finished is printed once, for good, and `live` is what is still open. */
export type Transcript = {
  see(item: Event | Delta): void;
  /** The call that a question is about waits for the person, not for its tool, until the function it gives is called. */
  asks(question: Asked): () => void;
  /** The end of what a session already holds. */
  recount(events: readonly Event[]): void;
  live: Pane;
};

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
  /** The reply that was broken off just now. */
  cut: EventOf<"reply"> | undefined;
  retries: Retries;
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
    cut: undefined,
    retries: retries(parts.look, parts.now),
  };
  return {
    see(item) {
      if ("seq" in item) record(state, item);
      else hear(state, item);
      flush(state, item.type === "ended");
    },
    asks(question) {
      const seen = calledIn(state, question);
      if (seen) seen.asked = true;
      return () => {
        if (seen) seen.asked = false;
      };
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
      answered(state);
      say(state, delta.text);
      return;
    case "thinking":
      state.retries.stirs();
      state.thinking = (state.thinking + delta.text).slice(-TAIL);
      return;
    case "call":
      state.thinking = "";
      answered(state);
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

// what it took to come to an answer stands before it
function answered(state: State): void {
  const pane = state.retries.answered();
  if (pane) line(state, pane);
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

type Asked = Pick<Question, "tool" | "input" | "from">;

// of a sub-agent that which waits for it; what runs may have been spelled otherwise: then it is the first of its tool
function calledIn({ calls }: State, { tool, input, from }: Asked): Seen | undefined {
  const open = [...calls.values()].filter((seen) => !seen.result && !seen.asked);
  if (from !== undefined) return open.find(({ call }) => agentTitle(call.input) === from);
  const same = open.filter(({ call }) => call.name === tool);
  return same.find(({ call }) => isDeepStrictEqual(call.input, input)) ?? same.find((seen) => !seen.allowed);
}

function more({ calls }: State, callId: string, text: string): void {
  const seen = calls.get(callId);
  if (seen) seen.tail = (seen.tail + text.slice(-TAIL)).slice(-TAIL);
}

// what a plugin is about to do is shown while it does it; what it did stays
function tell(state: State, { by, text }: { by: string; text: string }): void {
  if (state.retries.hear(by, text)) return;
  const live = /(…|\.\.\.)$/.test(text.trim());
  state.status = { by, text, live };
  if (!live) line(state, statusPane(by, text, state.parts.look));
}

// ---- what is recorded

function record(state: State, event: Event): void {
  brokenOff(state, event);
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
  if (event.stop !== "cut") answered(state);
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
  if (event.stop === "cut") state.cut = event;
  else notice(state, event);
}

// an answer that a person has ended did not break off
function brokenOff(state: State, next: Event): void {
  const { cut } = state;
  state.cut = undefined;
  if (cut && !(next.type === "ended" && next.outcome === "aborted")) notice(state, cut);
}

// nothing that is open will go on
function leave(state: State): void {
  endText(state);
  state.retries.forget();
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

function flush(state: State, over: boolean): void {
  for (let piece = firstOf(state.open, over); piece !== undefined; piece = firstOf(state.open, over)) {
    for (const pane of readyOf(piece, state.parts)) print(state, piece, pane);
    if (!isOver(piece)) return;
    for (const entry of state.open.splice(0, sizeOf(piece))) {
      if (entry.type !== "call") continue;
      state.calls.delete(entry.seen.call.id);
      state.told.add(entry.seen.call.id);
    }
  }
}

function print(state: State, piece: Piece, pane: Pane): void {
  const lead = leadOf(piece, state.before);
  state.before = kindOf(piece);
  if (piece.type === "text") piece.begun = true;
  state.parts.print(lead.length === 0 ? pane : { render: (columns) => [...lead, ...pane.render(columns)] });
}

function liveLines({ open, before: last, thinking, status, retries, parts }: State, columns: number): string[] {
  const { theme, locale } = parts.look;
  const { lines, before } = openLines(open, last, { ...parts, columns });
  if (thinking !== "") {
    const word = WORDS[locale].thinking;
    const room = columns - visibleWidth(word) - 1;
    const rest = room < 8 ? "" : ` ${endOf(oneLine(thinking.slice(-columns * 2)), room)}`;
    lines.push(...(before === undefined ? [] : [""]), theme.dim(cut(`${word}${rest}`, columns)));
  }
  const told = status?.live ? statusPane(status.by, status.text, parts.look).render(columns) : [];
  return [...lines, ...told, ...retries.live.render(columns)];
}
