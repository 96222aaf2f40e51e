import type { Event, EventOf, Usage } from "../core/event.js";
import { NO_USAGE } from "../core/event.js";
import { addUsage, state } from "../core/fold.js";
import type { Call, UserPart } from "../core/message.js";
import { cost } from "../models/catalog.js";
import { duration } from "../platform/text.js";
import { TITLED } from "../store/session-head.js";

/** A call and what became of it; `ms` is absent when it has no result. */
export type CallTold = {
  type: "call";
  call: Call;
  /** When it started, milliseconds since 1970. */
  at: number;
  ms?: number;
  result?: EventOf<"result">;
};

/** What a reader of a session is told, in order. */
export type Told =
  | { type: "prompt"; at: number; parts: readonly UserPart[]; from: string }
  | { type: "answer" | "thinking" | "note"; at: number; text: string }
  | { type: "mark"; at: number; text: string }
  | CallTold;

/** One answer of the model: what it used, and its price in USD where the catalogue knows it. */
export type TurnUse = { at: number; model: string; usage: Usage; cost: number | undefined };

export type Story = {
  id: string;
  /** The name that a person gave it. */
  title?: string;
  cwd: string;
  parent?: { id: string; seq: number };
  told: Told[];
  turns: TurnUse[];
  /** All tokens, side requests included, and their price; null when a part of it is unknown. */
  usage: Usage;
  cost: number | null;
  /** Milliseconds of work up to a moment: the time between the end of a run and the next prompt does not count. */
  clock(at: number): number;
};

/** Reads a session's events for people; what was voided or came twice is not told. */
export function storyOf(id: string, events: readonly Event[]): Story {
  const session = events.find((event) => event.type === "session");
  const replies = events.filter((event) => event.type === "reply");
  const spent = events.filter((event) => event.type === "reply" || event.type === "spent");
  const costs = spent.map((event) => cost(event.usage, event.model));
  const title = state(events, TITLED);
  return {
    id,
    ...(typeof title === "string" && title !== "" && { title }),
    cwd: session?.cwd ?? "",
    ...(session?.parent && { parent: session.parent }),
    told: tell(events),
    turns: replies.map(({ at, model, usage }) => ({ at, model, usage, cost: cost(usage, model) })),
    usage: spent.reduce((sum, event) => addUsage(sum, event.usage), NO_USAGE),
    cost: costs.some((each) => each === undefined) ? null : costs.reduce((sum: number, each) => sum + (each ?? 0), 0),
    clock: clockOf(events),
  };
}

type Known = {
  results: Map<string, EventOf<"result">>;
  starts: Map<string, number>;
  replied: Set<string>;
  voided: Set<number>;
  done: Set<string>;
};

function tell(events: readonly Event[]): Told[] {
  const known: Known = {
    results: new Map(),
    starts: new Map(),
    replied: new Set(),
    voided: new Set(),
    done: new Set(),
  };
  for (const event of events) learn(event, known);
  return events.filter(({ seq }) => !known.voided.has(seq)).flatMap((event) => toldBy(event, known));
}

function learn(event: Event, { results, starts, replied, voided }: Known): void {
  if (event.type === "result" && !results.has(event.callId)) results.set(event.callId, event);
  else if (event.type === "started" && !starts.has(event.callId)) starts.set(event.callId, event.at);
  else if (event.type === "retried" && event.voids !== undefined) voided.add(event.voids);
  else if (event.type === "reply") for (const part of event.parts) if (part.type === "call") replied.add(part.id);
}

function toldBy(event: Event, known: Known): Told[] {
  const { at } = event;
  switch (event.type) {
    case "prompt":
      return [{ type: "prompt", at, parts: event.parts, from: event.from }];
    case "note":
      return [{ type: "note", at, text: event.text }];
    case "reply":
      return event.parts.flatMap((part): Told[] => {
        if (part.type === "call") return callTold(part, at, known);
        if (part.text.trim() === "") return [];
        return [{ type: part.type === "text" ? "answer" : "thinking", at, text: part.text }];
      });
    case "started":
      return event.call && !known.replied.has(event.callId) ? callTold(event.call, at, known) : [];
    case "compacted":
      return [{ type: "mark", at, text: `What came before was replaced, for the model, by: ${event.summary}` }];
    case "ended":
      return event.outcome === "done" ? [] : [{ type: "mark", at, text: endOf(event) }];
    default:
      return [];
  }
}

function endOf({ outcome, reason }: EventOf<"ended">): string {
  return `Ended: ${outcome}${reason === undefined ? "" : ` (${reason})`}`;
}

function callTold(call: Call, replied: number, { starts, results, done }: Known): CallTold[] {
  if (done.has(call.id)) return [];
  done.add(call.id);
  const result = results.get(call.id);
  const at = starts.get(call.id) ?? replied;
  return [{ type: "call", call, at, ...(result && { result, ms: result.ms ?? Math.max(0, result.at - at) }) }];
}

/** What became of a call, in a word. */
export function outcomeOf({ result, ms }: CallTold): string {
  if (!result) return "no result";
  return `${result.failed ? "failed" : "done"}, ${duration(ms ?? 0)}`;
}

function clockOf(events: readonly Event[]): (at: number) => number {
  const lived = events.filter(({ type }) => type !== "session");
  const idle: { at: number; sum: number }[] = [];
  let sum = lived[0]?.at ?? 0;
  for (const [n, event] of lived.entries()) {
    if (event.type === "prompt") sum += Math.max(0, event.at - (lived[n - 1]?.at ?? event.at));
    if (event.type === "prompt" || n === 0) idle.push({ at: event.at, sum });
  }
  return (at) => Math.max(0, at - (idle.findLast((each) => each.at <= at)?.sum ?? idle[0]?.sum ?? at));
}
