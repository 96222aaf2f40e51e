import type { Event, EventOf, Fact } from "../core/event.js";
import { last, messages, state } from "../core/fold.js";
import type { Session } from "../core/session.js";
import { messageTokens, partTokens, textTokens } from "../models/tokens.js";

/** The state keys of what was learned: by how much the estimate is off, and the window as its server has it. */
export const RATIO = "context.ratio";
export const WINDOW = "context.window";
/** Shares of the room: what one round's results may take, where old results shrink, where a summary replaces the past, where little is kept beside it. */
export const SHARES = { batch: 0.25, trim: 0.5, compact: 0.7, full: 0.9 };
/** About what the descriptions of tools cost, in tokens. */
const TOOLS = 1500;

/**
 * Tokens of the next request: what the provider counted up to its newest answer, and an estimate of what came
 * since. Where nothing was counted since a compaction, all is estimated, by the ratio that was found before it.
 */
export function requestSize(events: readonly Event[]): number {
  let since = 0;
  const gone = new Set<number>();
  for (let at = events.length - 1; at >= 0; at -= 1) {
    const event = events[at];
    if (event === undefined || event.type === "compacted" || isUndoing(event, events)) break;
    if (event.type === "retried" && event.voids !== undefined) gone.add(event.voids);
    const told = !gone.has(event.seq);
    const counted = countedIn(event, told);
    if (counted > 0) return Math.max(0, counted + since + early(events, at));
    if (told) since += added(event, events);
  }
  return estimate(events) * ratioOf(events);
}

// of an answer that was taken back only what was sent for it
function countedIn(event: Event, told: boolean): number {
  if (event.type !== "reply" || event.stop === "cut") return 0;
  const { input, output, cacheRead, cacheWrite } = event.usage;
  const sent = input + cacheRead + cacheWrite;
  return sent > 0 && told ? sent + output : sent;
}

/** Tokens of the next request by the estimate alone. */
export function estimate(events: readonly Event[]): number {
  const system = textTokens(last(events, "session")?.system ?? "");
  return messages(events).reduce((sum, message) => sum + messageTokens(message), system + TOOLS);
}

/** What the provider counts for each token of the estimate; 1 before that is known. */
export function ratioOf(events: readonly Event[]): number {
  const known = state(events, RATIO);
  return typeof known === "number" ? known : 1;
}

/** Tokens that a request may have: the window, or what its server was found to take, less the room for the answer. */
export function roomIn({ events, model }: Session, maxOutput: number | undefined): number {
  const learned = state(events, WINDOW);
  const found = typeof learned === "object" && learned !== null && !Array.isArray(learned) ? learned : {};
  const window =
    found.model === model.id && typeof found.window === "number" ? Math.min(found.window, model.window) : model.window;
  return window - Math.min(maxOutput ?? window / 4, window / 4);
}

/** The results that the model has not read yet: those of its newest answer. */
export function unread(events: readonly Event[]): EventOf<"result">[] {
  const newest = events.findLastIndex((event) => event.type === "reply");
  return newest < 0 ? [] : resultsOf(events, newest, events.length);
}

// a call may have its result before its reply is recorded
function early(events: readonly Event[], reply: number): number {
  return resultsOf(events, reply, reply).reduce((sum, { parts }) => sum + partTokens(parts), 0);
}

function resultsOf(events: readonly Event[], reply: number, end: number): EventOf<"result">[] {
  const called = new Set(callsOf(events[reply]));
  const before = events.findLastIndex((event, at) => at < reply && event.type === "reply");
  const fresh = events.slice(Math.max(0, before + 1), end).filter((event) => event.type === "result");
  return fresh.filter(({ callId }) => called.has(callId));
}

function callsOf(event: Event | undefined): string[] {
  return event?.type === "reply" ? event.parts.flatMap((part) => (part.type === "call" ? [part.id] : [])) : [];
}

// of a compaction or a trim
function isUndoing(event: Event, events: readonly Event[]): boolean {
  if (event.type !== "retried" || event.voids === undefined) return false;
  const gone = events.find(({ seq }) => seq === event.voids);
  return gone?.type === "compacted" || gone?.type === "trimmed";
}

function added(event: Event, events: readonly Event[]): number {
  switch (event.type) {
    case "prompt":
    case "result":
    case "reply":
      return partTokens(event.parts);
    case "note":
      return textTokens(event.text);
    case "trimmed":
      return -saved(event, events);
    default:
      return 0;
  }
}

function saved({ texts }: EventOf<"trimmed">, events: readonly Event[]): number {
  const gone = events.filter((event) => event.type === "result" && texts[event.callId] !== undefined);
  return gone.reduce((sum, event) => {
    if (event.type !== "result") return sum;
    return sum + partTokens(event.parts) - textTokens(texts[event.callId] ?? "");
  }, 0);
}

/** The events with facts that are about to be recorded. */
export function after(events: readonly Event[], facts: readonly Fact[]): Event[] {
  const next = (events.at(-1)?.seq ?? -1) + 1;
  return [...events, ...facts.map((fact, at): Event => ({ ...fact, seq: next + at, at: 0 }))];
}
