import type { Event, EventOf } from "../core/event.js";
import type { Json } from "../core/message.js";

/** Characters of a result's detail that stays. */
const FIELD = 500;

/**
 * Lets go of what the newest compaction took out of the conversation, in memory: the words of results and
 * what stood for them, their long details, and thinking. The file keeps them, and what is still told stays whole.
 */
export function shed(events: Event[]): void {
  const start = newestCompaction(events);
  if (start === undefined) return;
  for (const [at, event] of events.entries()) if (event.seq <= start.upto) events[at] = light(event);
}

function newestCompaction(events: readonly Event[]): EventOf<"compacted"> | undefined {
  const voided = new Set(events.map((event) => (event.type === "retried" ? event.voids : undefined)));
  return events.findLast((event) => event.type === "compacted" && !voided.has(event.seq)) as
    | EventOf<"compacted">
    | undefined;
}

// another object, so that whatever was made of the old one can go with it
function light(event: Event): Event {
  if (event.type === "reply") return { ...event, parts: event.parts.filter((part) => part.type !== "thinking") };
  if (event.type === "trimmed") return { ...event, texts: {} };
  if (event.type !== "result" || (event.parts.length === 0 && event.details === undefined)) return event;
  const { details, ...rest } = event;
  return { ...rest, parts: [], ...(details !== undefined && { details: shortFields(details) }) };
}

function shortFields(details: Json): Json {
  if (typeof details !== "object" || details === null || Array.isArray(details)) return null;
  const short = Object.entries(details).map(([name, value]) => [
    name,
    // a tool's own details may hold what JSON leaves out
    (JSON.stringify(value) ?? "").length > FIELD ? "" : value,
  ]);
  return Object.fromEntries(short);
}
