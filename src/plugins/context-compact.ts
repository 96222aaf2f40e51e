import type { Event, EventOf, Fact } from "../core/event.js";
import { callsIn, plainText } from "../core/message.js";
import type { Session } from "../core/session.js";
import { partTokens, textTokens } from "../models/tokens.js";
import { headTail } from "../platform/text.js";
import { BY, live } from "./answer.js";
import { JOB } from "./asked.js";
import { opening } from "./context-opening.js";
import type { Need } from "./context-options.js";
import { after, estimate, RATIO, requestSize, SHARES } from "./context-size.js";
import { extract, summarise } from "./context-summary.js";

/** Shares of the room: what the user's open words may take, notes that last, the summary, and the newest round at most. */
const MOST = { prompts: 0.25, rules: 0.15, summary: 0.12, round: 0.4 };
/** Tokens of a conversation that is not worth summing up. */
const LEAST = 2000;
/** Open prompts that are told in short, and characters that are left of one at least. */
const SHORT = { count: 5, chars: 2000 };
/** A compaction has to bring a request to this share of what it was. */
const SHRUNK = 0.9;

type Wish = Need & {
  /** How much of the room the newest steps may keep. */
  share: number;
  /** Somebody asked for it, and in these words what to keep an eye on. */
  wanted?: boolean;
  focus?: string;
};

/** Replaces what is old by a summary. Gives no facts when that would not make the conversation smaller. */
export async function compact(session: Session, first: readonly Fact[], wish: Wish): Promise<Fact[]> {
  const events = after(session.events, first);
  const size = requestSize(events);
  const percent = Math.round((100 * size) / wish.room);
  // what was taken back is neither told nor summed up
  const known = live(session.events);
  if (size < LEAST || !worthIt(known)) return [];
  session.emit({ type: "status", by: "context", text: `Compacting the conversation (${percent} % of its room)…` });
  const held = (await wish.before?.(wish.wanted ? "manual" : "auto")) === false;
  if (held && percent < 100 * SHARES.full) return [];
  const ratio = Math.min(3, Math.max(0.5, size / estimate(events)));
  const spent: Fact[] = [{ type: "state", key: RATIO, value: Math.round(ratio * 100) / 100 }];
  let brief = false;
  for (const share of new Set([wish.share, 0])) {
    const round = wish.wanted || share === 0 ? 0 : MOST.round;
    const room = wish.room / ratio;
    const old = known.slice(0, cutAt(known, { room, share, round, texts: textsOf(live(events)) }) + 1);
    const words = await wordsFor(session, old, { wish, spent, brief });
    if (session.signal.aborted) return [];
    brief ||= old.some((event) => event.type === "reply");
    const fact = compactedFact(known, old, { ...wish, words, room });
    if (estimate(after(events, [fact])) * ratio <= size * SHRUNK) return [...spent, fact];
  }
  return spent.slice(1);
}

// something must be told that is not in the newest summary: what it kept of the newest steps counts
function worthIt(events: readonly Event[]): boolean {
  const start = events.findLast((event) => event.type === "compacted");
  if (events.some(({ type, seq }) => type === "reply" && seq > (start?.upto ?? -1))) return true;
  return events.some(({ type, seq }) => type === "prompt" && seq > (start?.seq ?? -1));
}

type Asked = { wish: Wish; spent: Fact[]; brief: boolean };

async function wordsFor(session: Session, old: readonly Event[], { wish, spent, brief }: Asked): Promise<string> {
  const most = Math.floor(wish.room * MOST.summary * 3.6);
  const said = brief ? undefined : await summarise(session, old, wish);
  spent.push(...(said?.facts ?? []));
  const words = said?.words ?? extract(old);
  const { head, tail, cut } = headTail(words, { head: Math.floor(most * 0.7), tail: Math.floor(most * 0.3) });
  return cut === 0 ? words : `${head}\n[…]\n${tail}`;
}

type Making = Pick<Wish, "transcript" | "save"> & { words: string; room: number };

function compactedFact(events: readonly Event[], old: readonly Event[], making: Making): Fact {
  const { whole, long } = openPrompts(events, old, MOST.prompts * making.room);
  const rules = lasting(old, MOST.rules * making.room);
  const summary = opening({ ...making, events, old, long, follows: whole.length > 0 });
  const keeps = [...rules, ...whole].map(({ seq }) => seq).sort((a, b) => a - b);
  return { type: "compacted", summary, upto: old.at(-1)?.seq ?? -1, keeps };
}

// a report or an output is nobody's request
function isNews(event: Event): boolean {
  return event.type === "prompt" && event.from === JOB;
}

// and what no answer followed yet: it sends the work back. How to continue an answer goes with that answer
function lasting(old: readonly Event[], most: number): Event[] {
  let left = most;
  const read = old.findLastIndex((event) => event.type === "reply");
  const notes = old.filter((event, at) => {
    if (event.type === "note") return event.lasting || (at > read && event.by !== BY);
    return at > read && isNews(event);
  });
  return notes.toReversed().filter((event) => {
    const tokens = weight(event, NO_TEXTS);
    const fits = tokens <= left;
    if (fits) left -= tokens;
    return fits;
  });
}

// what was asked since work was last done: what it began with, then the newest, word for word as far as they fit
function openPrompts(events: readonly Event[], old: readonly Event[], most: number) {
  const done = events.findLastIndex((event) => event.type === "ended" && event.outcome === "done");
  const open = events
    .slice(done + 1)
    .filter((event) => event.type === "prompt" && !isNews(event)) as EventOf<"prompt">[];
  const [first, ...later] = open.filter((event) => old.includes(event));
  const [whole, long]: [Event[], { prompt: EventOf<"prompt">; chars: number }[]] = [[], []];
  let left = most;
  for (const prompt of first ? [first, ...later.toReversed()] : []) {
    const tokens = partTokens(prompt.parts);
    if (tokens <= left) whole.push(prompt);
    else long.push({ prompt, chars: Math.max(SHORT.chars, left * (plainText(prompt.parts).length / tokens)) });
    left -= Math.min(tokens, left);
  }
  return { whole, long: long.slice(0, SHORT.count).sort((a, b) => a.prompt.seq - b.prompt.seq) };
}

/** `round` is the share that the newest round may take. */
type Keeping = { room: number; share: number; round: number; texts: Texts };
/** What is told in place of results, by call. */
type Texts = ReadonlyMap<string, string>;
const NO_TEXTS: Texts = new Map();

function textsOf(events: readonly Event[]): Texts {
  return new Map(events.flatMap((event) => (event.type === "trimmed" ? Object.entries(event.texts) : [])));
}

// the index of the last event that the summary replaces: no call is parted from its result
function cutAt(events: readonly Event[], { room, share, round, texts }: Keeping): number {
  const cuts = settled(events);
  let cut = events.length - 1;
  let sum = 0;
  let rounds = 0;
  for (let at = events.length - 1; at >= 0; at -= 1) {
    // a round may stay where there is room for it, also when it is more than its share
    const most = rounds <= 1 ? Math.max(share, round) * room : share * room;
    if (cuts.has(at) && sum <= most) cut = at;
    if (sum > most) break;
    const event = events[at];
    if (event === undefined || event.type === "compacted") break;
    if (event.type === "reply") rounds += 1;
    sum += weight(event, texts);
  }
  return cut;
}

function weight(event: Event, texts: Texts): number {
  if (event.type === "note") return textTokens(event.text);
  const short = event.type === "result" ? texts.get(event.callId) : undefined;
  if (short !== undefined) return textTokens(short);
  return event.type === "prompt" || event.type === "reply" || event.type === "result" ? partTokens(event.parts) : 0;
}

// where every call that began has its reply and its result
function settled(events: readonly Event[]): Set<number> {
  const open: Open = { unreplied: new Set(), unanswered: new Set(), answered: new Set() };
  const cuts = new Set<number>();
  for (const [at, event] of events.entries()) {
    follow(event, open);
    if (open.unreplied.size === 0 && open.unanswered.size === 0) cuts.add(at);
  }
  return cuts;
}

type Open = Record<"unreplied" | "unanswered" | "answered", Set<string>>;

function follow(event: Event, { unreplied, unanswered, answered }: Open): void {
  if (event.type === "started" && event.call) unreplied.add(event.callId);
  if (event.type === "result") {
    answered.add(event.callId);
    unanswered.delete(event.callId);
  }
  if (event.type === "reply") {
    for (const { id } of callsIn(event.parts)) {
      unreplied.delete(id);
      if (!answered.has(id)) unanswered.add(id);
    }
  }
  // what a crash left open stays so
  if (event.type === "prompt" || event.type === "ended") {
    unreplied.clear();
    unanswered.clear();
  }
}
