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
 */
export function messages(events: readonly Event[]): Message[] {
  const start = last(events, "compacted");
  const trimmed = last(events, "trimmed")?.upto ?? -1;
  const live = start === undefined ? events : events.filter((event) => event.seq > start.upto || event === start);
  const { results, replied, voided } = survey(live);
  const answered = new Set<string>();
  const out: Message[] = [];
  let said: Said[] = [];

  const speak = () => {
    if (said.length > 0) out.push(userMessage(said));
    said = [];
  };
  const reply = (event: Source) => {
    const message = assistantMessage(event, answered);
    if (message.parts.length === 0) return;
    speak();
    out.push(message);
    for (const part of message.parts) {
      if (part.type === "call") out.push(toolMessage(results.get(part.id), part.id, trimmed));
    }
  };

  if (start !== undefined) said.push(start);
  for (const event of live) {
    if (event.type === "reply" && !voided.has(event.seq)) reply(event);
    else if (event.type === "started" && event.call && !replied.has(event.callId)) reply(event);
    else if (event.type === "prompt" || event.type === "note") said.push(event);
  }
  speak();
  return out;
}

/** The newest event of a kind. */
export function last<T extends Event["type"]>(events: readonly Event[], type: T): EventOf<T> | undefined {
  return events.findLast((event) => event.type === type) as EventOf<T> | undefined;
}

/** The value a plugin, a tool or a front end last gave to a key. */
export function state(events: readonly Event[], key: string): Json | undefined {
  const found = events.findLast((event) => event.type === "state" && event.key === key);
  return found?.type === "state" ? found.value : undefined;
}

/** All tokens the session has used, side requests included. */
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

type Survey = { results: Map<string, EventOf<"result">>; replied: Set<string>; voided: Set<number> };

// this runs at every step over the whole log: one pass, nothing allocated for an event
function survey(events: readonly Event[]): Survey {
  const found: Survey = { results: new Map(), replied: new Set(), voided: new Set() };
  for (const event of events) {
    if (event.type === "result" && !found.results.has(event.callId)) found.results.set(event.callId, event);
    else if (event.type === "retried" && event.voids !== undefined) found.voided.add(event.voids);
    else if (event.type === "reply") noteCalls(event, found.replied);
  }
  return found;
}

function noteCalls({ parts }: EventOf<"reply">, ids: Set<string>): void {
  for (const part of parts) if (part.type === "call") ids.add(part.id);
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

const answers = new WeakMap<Event, ToolMessage>();

function toolMessage(result: EventOf<"result"> | undefined, callId: string, trimmed: number): ToolMessage {
  if (!result) return { role: "tool", callId, parts: [text(UNANSWERED)], failed: true };
  if (result.seq <= trimmed) return { role: "tool", callId, parts: [text(trimmedLine(result))], failed: result.failed };
  const known = answers.get(result);
  if (known) return known;
  const message: ToolMessage = { role: "tool", callId, parts: result.parts, failed: result.failed };
  answers.set(result, message);
  return message;
}

function trimmedLine(result: EventOf<"result">): string {
  const size = result.parts.reduce(
    (sum, part) => sum + (part.type === "text" ? part.text.length : part.data.length),
    0,
  );
  return `[old result removed: ${size} characters; run the call again if you need it]`;
}

const users = new WeakMap<Event, { first: Event; message: UserMessage }>();

// prompts and notes with no reply between them are one message: some providers insist on turns that alternate
function userMessage(said: readonly Said[]): UserMessage {
  const [first, newest] = [said[0], said.at(-1)];
  if (!first || !newest) return { role: "user", parts: [] };
  const known = users.get(newest);
  if (known?.first === first) return known.message;
  const message: UserMessage = { role: "user", parts: said.flatMap(words) };
  users.set(newest, { first, message });
  return message;
}

function words(event: Said): readonly UserPart[] {
  if (event.type === "prompt") return event.parts;
  return [text(event.type === "note" ? event.text : event.summary)];
}
