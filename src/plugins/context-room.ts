import type { Event, Fact } from "../core/event.js";
import { state } from "../core/fold.js";
import { callsIn } from "../core/message.js";
import type { Session } from "../core/session.js";
import { COMPACT } from "../tools/compact.js";
import { compact } from "./context-compact.js";
import type { Need } from "./context-options.js";
import { after, estimate, ratioOf, requestSize, SHARES, WINDOW } from "./context-size.js";
import { trimOld, trimRound } from "./context-trim.js";

/** Shares of the room: what shrinking old results must save to be worth a request that begins anew, and what must have come since a compaction before the next. */
const WORTH = 0.2;
const FRESH = 0.1;
/** Compactions in a row after which it is not tried again. */
const MOST = 2;

/** Facts that make the next request fit: the cheapest step that does it. */
export async function makeRoom(session: Session, need: Need & { size: number; wanted: boolean }): Promise<Fact[]> {
  const { events } = session;
  const { room, size, save } = need;
  const round = trimRound(events, SHARES.batch * room, save);
  const facts = round === undefined ? [] : [round];
  const now = round === undefined ? size : requestSize(after(events, facts));
  if (need.wanted) {
    const focus = state(events, COMPACT);
    const wish = { ...need, ...(typeof focus === "string" && { focus }) };
    return [...facts, ...(await compacted(session, facts, wish)), { type: "state", key: COMPACT, value: null }];
  }
  if (now <= SHARES.trim * room) return facts;
  const old = trimOld(after(events, facts), WORTH * room, save);
  if (old !== undefined) facts.push(old.fact);
  if (now - (old?.saved ?? 0) <= SHARES.compact * room || !mayCompact(events, room)) return facts;
  return [...facts, ...(await compacted(session, facts, need))];
}

/** What is done when the provider found a request too long: a compaction, at most twice in a row. */
export async function afterOverflow(session: Session, error: Error, need: Need): Promise<Fact[]> {
  const { events, model } = session;
  const size = requestSize(events);
  const times = inARow(events);
  const window = realWindow(error.message, Math.min(need.room, size));
  const found: Fact = { type: "state", key: WINDOW, value: { model: model.id, window } };
  const room = Math.min(need.room, window * 0.75);
  const facts = times >= MOST ? [] : await compact(session, [found], { ...need, room, share: times === 0 ? 0.1 : 0 });
  if (facts.length > 0) return [found, ...brokenOff(events, error.message), ...facts];
  if (session.signal.aborted) return [];
  const why = `${error.message} What is left cannot be made smaller: choose a model with a larger window (-m), or go on in a new session.`;
  return [{ type: "ended", outcome: "failed", reason: why }];
}

// what came of the answer before it was refused called nothing: it is left out
function brokenOff(events: readonly Event[], reason: string): Fact[] {
  const newest = events.at(-1);
  if (newest?.type !== "reply" || newest.stop !== "cut" || callsIn(newest.parts).length > 0) return [];
  return [{ type: "retried", reason, attempt: 1, voids: newest.seq }];
}

/** Facts of a compaction that a person wants between two runs; none where that would not make the conversation smaller. */
export function compactNow(session: Session, need: Need & { focus: string }): Promise<Fact[]> {
  return compacted(session, [], { ...need, size: requestSize(session.events), wanted: true });
}

type Compacting = Need & { size: number; wanted: boolean; focus?: string };

async function compacted(session: Session, facts: readonly Fact[], { focus = "", ...need }: Compacting) {
  const auto = need.size > SHARES.full * need.room ? 0.1 : 0.25;
  const share = need.wanted ? Math.min(auto, (0.2 * need.size) / need.room) : auto;
  return compact(session, facts, { ...need, share, ...(focus !== "" && { focus }) });
}

// a compaction that brought nothing would bring nothing again
function mayCompact(events: readonly Event[], room: number): boolean {
  if (inARow(events) >= MOST) return false;
  const newest = events.findLastIndex((event) => event.type === "compacted");
  if (newest < 0) return true;
  return requestSize(events) - estimate(events.slice(0, newest + 1)) * ratioOf(events) > FRESH * room;
}

function inARow(events: readonly Event[]): number {
  const whole = events.findLastIndex((event) => event.type === "reply" && event.stop !== "cut");
  return events.slice(whole + 1).filter((event) => event.type === "compacted").length;
}

/** How a window is told: "24832 + 8192 > 32768", "maximum context length is 8192 tokens". */
const TOLD = [/>\s*(\d[\d,_]{2,})/, /\b(?:maximum|max|context|limit|n_ctx)\b\D{0,60}?(\d[\d,_]{2,})/i];

// what one says may be no window: where the window is told and larger than what was sent, no other number is taken
function realWindow(message: string, sent: number): number {
  const told = TOLD.map((words) => numberOf(words.exec(message)?.[1])).find((each) => each > 0) ?? 0;
  const numbers = told > sent ? [] : (message.match(/\d[\d,_]{2,}/g) ?? []).map(numberOf);
  const fitting = numbers.filter((each) => each >= 1000 && each <= sent);
  return fitting.length > 0 ? Math.max(...fitting) : Math.round(sent * 0.8);
}

function numberOf(digits = ""): number {
  return Number(digits.replace(/[,_]/g, ""));
}
