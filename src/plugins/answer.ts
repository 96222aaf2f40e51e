import type { Event, EventOf } from "../core/event.js";
import { state } from "../core/fold.js";
import { callsIn, plainText } from "../core/message.js";

/** Who the notes are by that send a broken-off answer on. */
export const BY = "recover";

/** The `state` fact that says, while the output limit is raised, what it was. */
export const RAISED = "recover:raised";

/** The `state` fact that holds an answer which fits the output schema, and who the note is by that tells the schema. */
export const OUTPUT = "output-schema";

/** What a run said last: `whole` is false when the output limit or a broken stream cut it off. */
export type Answer = { text: string; whole: boolean };

/** The last answer of these events; one that was continued is its pieces, joined. */
export function answerIn(events: readonly Event[]): Answer {
  const pieces: string[] = [];
  let whole = true;
  let goesOn = false;
  for (const event of live(events).reverse()) {
    if (event.type === "note" && event.by === BY) goesOn = true;
    if (event.type !== "reply") continue;
    if (pieces.length === 0) whole = event.stop === "end" || event.stop === "calls";
    else if (!goesOn || event.stop !== "length" || callsIn(event.parts).length > 0) break;
    pieces.unshift(plainText(event.parts));
    goesOn = false;
  }
  return { text: pieces.join(""), whole };
}

/** The JSON that answers these events, as it was given: null when one is due and there is none, undefined when none is. */
export function outputIn(events: readonly Event[]): string | null | undefined {
  if (!events.some((event) => event.type === "note" && event.by === OUTPUT)) return undefined;
  const since = events.slice(events.findLastIndex(({ type }) => type === "reply") + 1);
  const output = state(since, OUTPUT);
  return typeof output === "string" ? output : null;
}

/** An answer that is to be asked for again or continued before anybody takes it for one. */
export function isUnfinished({ stop, parts }: EventOf<"reply">): boolean {
  return callsIn(parts).length === 0 && (stop === "length" || stop === "cut" || plainText(parts).trim() === "");
}

/** The newest answer is none yet: what looks at answers waits for the next. */
export function unfinished(events: readonly Event[]): boolean {
  const reply = newest(events);
  return reply !== undefined && isUnfinished(reply);
}

/** The newest answer, unless something was said or taken back since. */
export function newest(events: readonly Event[]): EventOf<"reply"> | undefined {
  const since = events.findLast(({ type }) => type === "reply" || type === "prompt" || type === "retried");
  return since?.type === "reply" ? since : undefined;
}

/** The events but for those that were taken back. */
export function live(events: readonly Event[]): Event[] {
  const voided = new Set(events.map((event) => (event.type === "retried" ? event.voids : undefined)));
  return events.filter(({ seq }) => !voided.has(seq));
}
