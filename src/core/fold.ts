import type { Event, EventOf, Usage } from "./event.js";
import { NO_USAGE } from "./event.js";
import type { AssistantMessage, Json, Message, ToolMessage, UserMessage, UserPart } from "./message.js";
import { text } from "./message.js";

/** What the model reads for a call that never got its result: the process died, or the log was cut. */
export const UNANSWERED =
  "Interrupted: no result was recorded. It may or may not have taken effect; check before relying on it.";

/**
 * The conversation a log tells. Any prefix, and any log with records missing or doubled, gives a valid one:
 * each call is followed by exactly one result, in call order, and no result stands without its call. The
 * same event gives the same message object each time, so that a wire may serialise each message once.
 *
 * @example
 * for (const { role, parts } of messages(agent.log.events)) console.log(role, parts.length);
 */
export function messages(events: readonly Event[]): Message[] {
  return told(read(reading(events), events));
}

/**
 * Reads a log that grows: what `messages` gives, at the cost of what came since the last reading. What changes
 * an earlier part of the conversation (a compaction, a trim, a void, a late result) is read with all the rest.
 */
export function follower(): (events: readonly Event[]) => Message[] {
  let past: { events: readonly Event[]; upto: number; reading: Reading } | undefined;
  return (events) => {
    const known = past?.events === events ? past : undefined;
    const more = known ? events.slice(known.upto) : [];
    const goesOn = known && !more.some((event) => rewrites(event, known.reading));
    const now = goesOn ? read(known.reading, more) : read(reading(events), events);
    past = now.orphans ? undefined : { events, upto: events.length, reading: now };
    return told(now);
  };
}

/**
 * The newest event of a kind.
 *
 * @example
 * console.log(last(agent.log.events, "ended")?.reason);
 */
export function last<T extends Event["type"]>(events: readonly Event[], type: T): EventOf<T> | undefined {
  return events.findLast((event) => event.type === type) as EventOf<T> | undefined;
}

/** A reading of a log that grows, at the cost of what came since it was last read. */
export function growing<T>(empty: () => T, take: (known: T, event: Event) => void): (events: readonly Event[]) => T {
  const past = new WeakMap<readonly Event[], { upto: number; known: T }>();
  return (events) => {
    const reading = past.get(events) ?? { upto: 0, known: empty() };
    for (const event of events.slice(reading.upto)) take(reading.known, event);
    past.set(events, { ...reading, upto: events.length });
    return reading.known;
  };
}

const states = growing(
  () => new Map<string, Json>(),
  (known, event) => event.type === "state" && known.set(event.key, event.value),
);

/**
 * The value a plugin, a tool or a front end last gave to a key.
 *
 * @example
 * console.log(state(agent.log.events, "mode"));
 */
export function state(events: readonly Event[], key: string): Json | undefined {
  return states(events).get(key);
}

/**
 * All tokens the session has used, side requests included.
 *
 * @example
 * console.log(usage(agent.log.events).output, "tokens were written");
 */
export function usage(events: readonly Event[]): Usage {
  return events.reduce((sum, event) => {
    if (event.type !== "reply" && event.type !== "spent") return sum;
    return addUsage(sum, event.usage);
  }, NO_USAGE);
}

/** The events since the newest prompt that opened a run. */
export function sinceLastEnd(events: readonly Event[]): readonly Event[] {
  const closed = events.at(-1)?.type === "ended" ? events.slice(0, -1) : events;
  return events.slice(closed.findLastIndex((event) => event.type === "ended") + 1);
}

/** Adds the tokens of two answers. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
  };
}

type Said = EventOf<"prompt"> | EventOf<"note"> | EventOf<"compacted">;
type Source = EventOf<"reply"> | EventOf<"started">;

type Reading = {
  start: EventOf<"compacted"> | undefined;
  voided: ReadonlySet<number>;
  /** What is told in place of a result, by its call. */
  trimmed: ReadonlyMap<string, string>;
  results: Map<string, EventOf<"result">>;
  replied: Set<string>;
  answered: Set<string>;
  out: Message[];
  /** Prompts and notes that no reply has followed yet. */
  said: Said[];
  /** A call stands there without its reply, which may yet come. */
  orphans: boolean;
};

function reading(events: readonly Event[]): Reading {
  const voided = new Set(events.flatMap((event) => (event.type === "retried" ? (event.voids ?? []) : [])));
  const valid = events.filter((event) => !voided.has(event.seq));
  const start = last(valid, "compacted");
  return {
    start,
    voided,
    trimmed: new Map(valid.flatMap((event) => (event.type === "trimmed" ? Object.entries(event.texts) : []))),
    results: new Map(),
    replied: new Set(),
    answered: new Set(),
    out: [],
    said: start === undefined ? [] : [start],
    orphans: false,
  };
}

function rewrites(event: Event, { answered }: Reading): boolean {
  if (event.type === "result") return answered.has(event.callId);
  if (event.type === "retried") return event.voids !== undefined;
  return event.type === "compacted" || event.type === "trimmed";
}

function read(state: Reading, events: readonly Event[]): Reading {
  const { start } = state;
  const live = start === undefined ? events : events.filter((event) => event.seq > start.upto || keptBy(start, event));
  for (const event of live) survey(event, state);
  for (const event of live) tell(event, state);
  return state;
}

function keptBy({ keeps = [] }: EventOf<"compacted">, { type, seq }: Event): boolean {
  return (type === "prompt" || type === "note") && keeps.includes(seq);
}

function told({ out, said }: Reading): Message[] {
  return said.length === 0 ? out.slice() : [...out, userMessage(said)];
}

// what must be known before the first word is told
function survey(event: Event, { results, replied }: Reading): void {
  if (event.type === "result" && !results.has(event.callId)) results.set(event.callId, event);
  else if (event.type === "reply") for (const part of event.parts) if (part.type === "call") replied.add(part.id);
}

function tell(event: Event, state: Reading): void {
  if (state.voided.has(event.seq)) return;
  if (event.type === "prompt" || event.type === "note") state.said.push(event);
  else if (event.type === "reply") tellReply(event, state);
  else if (event.type === "started" && event.call && !state.replied.has(event.callId)) {
    state.orphans = true;
    tellReply(event, state);
  }
}

function tellReply(event: Source, state: Reading): void {
  const message = assistantMessage(event, state.answered);
  if (message.parts.length === 0) return;
  if (state.said.length > 0) state.out.push(userMessage(state.said));
  state.said = [];
  state.out.push(message);
  for (const part of message.parts) {
    if (part.type === "call") state.out.push(toolMessage(part.id, state));
  }
}

const assistants = new WeakMap<Event, AssistantMessage>();

// each call once: `answered` holds those that came before, and takes these
function assistantMessage(event: Source, answered: Set<string>): AssistantMessage {
  const known = assistants.get(event) ?? { role: "assistant", parts: partsOf(event) };
  assistants.set(event, known);
  const fresh = known.parts.filter((part) => part.type !== "call" || isNew(answered, part.id));
  return fresh.length === known.parts.length ? known : { role: "assistant", parts: fresh };
}

function isNew(seen: Set<string>, id: string): boolean {
  const before = seen.size;
  return seen.add(id).size > before;
}

function partsOf(event: Source): AssistantMessage["parts"] {
  if (event.type === "reply") return event.parts;
  return event.call ? [event.call] : [];
}

const answers = new WeakMap<Event, { short: string | undefined; message: ToolMessage }>();

function toolMessage(callId: string, { results, trimmed }: Reading): ToolMessage {
  const result = results.get(callId);
  if (!result) return { role: "tool", callId, parts: [text(UNANSWERED)], failed: true };
  const short = trimmed.get(callId);
  const known = answers.get(result);
  if (known && known.short === short) return known.message;
  const { parts, failed } = result;
  const message: ToolMessage =
    short === undefined
      ? { role: "tool", callId, parts, failed, ...fileOf(result) }
      : { role: "tool", callId, parts: [text(short)], failed };
  answers.set(result, { short, message });
  return message;
}

function fileOf({ details }: EventOf<"result">): { file?: string } {
  const known = typeof details === "object" && details !== null && !Array.isArray(details) ? details.file : undefined;
  return typeof known === "string" ? { file: known } : {};
}

const users = new WeakMap<Event, { said: readonly Said[]; message: UserMessage }>();

// prompts and notes with no reply between them are one message: some providers insist on turns that alternate
function userMessage(said: readonly Said[]): UserMessage {
  const newest = said.at(-1);
  const known = newest && users.get(newest);
  if (known?.said.length === said.length && known.said.every((event, at) => event === said[at])) return known.message;
  const message: UserMessage = { role: "user", parts: said.flatMap(words) };
  if (newest) users.set(newest, { said: [...said], message });
  return message;
}

function words(event: Said): readonly UserPart[] {
  if (event.type === "prompt") return event.parts;
  return [text(event.type === "note" ? event.text : event.summary)];
}
