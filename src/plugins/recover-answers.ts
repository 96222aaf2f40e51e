import type { Event, EventOf, Fact } from "../core/event.js";
import { sinceLastEnd, state } from "../core/fold.js";
import { type Call, callsIn, type Json, plainText } from "../core/message.js";
import type { Session } from "../core/session.js";
import { lookup } from "../models/catalog.js";
import { BY, isUnfinished, newest, RAISED } from "./answer.js";

/** How often an answer is continued, and how often an empty one is asked for again. */
const MOST = { continued: 3, empty: 2 };
/** Tokens of an answer of a model that is not in the catalogue: what is assumed, and up to what it is raised. */
const UNKNOWN = { usual: 8192, most: 64_000 };

const GO_ON =
  "Your reply was cut off by the output limit. Go on exactly where it stopped, in the middle of a word if need be: no apology, no summary, nothing twice. A tool call that you had begun was not made; make it anew, with less in it.";
const SMALLER =
  "The output limit cut your call off in the middle, so it was not run. Make it again with less in it, such as the first part of a long text, and the rest by further calls.";
const LESS =
  "Your reply reached the output limit before its first word. Think less, and answer or call a tool in smaller parts.";
const SAY_SOMETHING =
  "Your last replies were empty. Go on with a tool call if work is left; else say in words what you did and what came of it.";

/** What is done about an answer that was cut off or is empty. */
export function again(session: Session, maxOutput: number | undefined): Fact[] {
  const { events } = session;
  const reply = events.findLast((event) => event.type === "reply");
  if (reply?.type !== "reply" || reply.stop === "cut") return [];
  return reply.stop === "length" ? longer(session, reply, maxOutput) : spoken(session, reply);
}

/** The limit as it was, once an answer was whole or the work is another. */
export function lowered(events: readonly Event[]): Fact[] {
  const since = events.slice(events.findLastIndex(isRaise) + 1);
  return since.some(isProgress) ? asItWas(events) : [];
}

/** The limit as it was, because the provider refuses the raised one. */
export function refused(events: readonly Event[], why: string): Fact[] {
  return [...asItWas(events), { type: "retried", reason: `the higher output limit was refused: ${why}`, attempt: 1 }];
}

/** More room after an answer of which the output limit left nothing but calls that are no JSON: they had their results. */
export function halved({ events, model, emit }: Session, maxOutput: number | undefined): Fact[] {
  const reply = newest(events);
  const calls = callsIn(reply?.parts ?? []);
  if (reply?.stop !== "length" || calls.length === 0 || !calls.every(isMalformed)) return [];
  const limit = higher({ events, model, reply, maxOutput });
  if (limit !== undefined) emit({ type: "status", by: BY, text: cutOff(limit) });
  return [...(limit === undefined ? [] : raise(events, limit)), note(SMALLER)];
}

function longer({ events, model, emit }: Session, reply: EventOf<"reply">, maxOutput: number | undefined): Fact[] {
  const limit = higher({ events, model, reply, maxOutput });
  if (limit !== undefined)
    return [...raise(events, limit), { type: "retried", reason: cutOff(limit), attempt: 1, voids: reply.seq }];
  const trouble = sinceProgress(events);
  const cut = trouble.filter((event) => event.type === "reply" && event.stop === "length" && isUnfinished(event));
  const taken = trouble.filter((event) => event.type === "retried" && event.reason.startsWith(CUT_OFF));
  const times = cut.length - taken.length;
  if (times > MOST.continued) return [over(model.id, times)];
  emit({ type: "status", by: BY, text: `${CUT_OFF}: going on (${times} of ${MOST.continued})` });
  if (plainText(reply.parts).trim() !== "") return [note(GO_ON)];
  return [{ type: "retried", reason: "nothing but thinking", attempt: times, voids: reply.seq }, note(LESS)];
}

const CUT_OFF = "the output limit cut the answer off";

function cutOff(limit: number): string {
  return `${CUT_OFF}, so it is raised to ${limit} tokens`;
}

function raise(events: readonly Event[], limit: number): Fact[] {
  return [
    { type: "state", key: RAISED, value: { former: state(events, "maxOutput") ?? null } },
    { type: "state", key: "maxOutput", value: limit },
  ];
}

function over(model: string, times: number): Fact {
  const reason = `The answer is incomplete: ${model} met its output limit ${times} times in a row. Ask for less at a time, or raise NANOCODER_MAX_TOKENS if the model can do more.`;
  return { type: "ended", outcome: "failed", reason };
}

function spoken({ events, model }: Session, reply: EventOf<"reply">): Fact[] {
  const empty = sinceProgress(events).filter(
    (event) => event.type === "reply" && event.stop !== "length" && event.stop !== "cut" && isUnfinished(event),
  );
  const attempt = empty.length;
  if (attempt > MOST.empty) {
    const reason = `${model.id} gave ${attempt} empty answers in a row. Ask in other words, or choose another model.`;
    return [{ type: "ended", outcome: "failed", reason }];
  }
  const fact: Fact = { type: "retried", reason: "the answer was empty", attempt, voids: reply.seq };
  return attempt === 1 ? [fact] : [fact, note(SAY_SOMETHING)];
}

type Limited = Pick<Session, "events" | "model"> & { reply: EventOf<"reply">; maxOutput: number | undefined };

// once in a run; what an answer used tells the limit that the endpoint sets when none is asked for
function higher({ events, model, reply, maxOutput }: Limited): number | undefined {
  if (sinceLastEnd(events).some(isRaise)) return undefined;
  const set = state(events, "maxOutput");
  const asked = typeof set === "number" ? set : maxOutput;
  const known = lookup(model.id)?.maxOutput;
  const now = asked ?? (reply.usage.output || (known === undefined ? UNKNOWN.usual : 0));
  const wanted = known ?? Math.min(now * 4, UNKNOWN.most);
  const most = Math.min(wanted, Math.floor(model.window * 0.75));
  return most > now ? most : undefined;
}

function asItWas(events: readonly Event[]): Fact[] {
  const raised = state(events, RAISED);
  const former: Json =
    typeof raised === "object" && raised !== null && "former" in raised ? (raised.former ?? null) : null;
  return [
    { type: "state", key: "maxOutput", value: former },
    { type: "state", key: RAISED, value: null },
  ];
}

function isRaise(event: Event): boolean {
  return event.type === "state" && event.key === RAISED && event.value !== null;
}

function sinceProgress(events: readonly Event[]): readonly Event[] {
  return events.slice(events.findLastIndex(isProgress) + 1);
}

function isProgress(event: Event): boolean {
  if (event.type === "prompt" || event.type === "ended") return true;
  if (event.type !== "reply" || event.stop === "cut" || isUnfinished(event)) return false;
  const calls = callsIn(event.parts);
  return calls.length === 0 || !calls.every(isMalformed);
}

function isMalformed({ malformed }: Call): boolean {
  return malformed !== undefined;
}

function note(text: string): Fact {
  return { type: "note", by: BY, text };
}
