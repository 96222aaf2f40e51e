import { createHash } from "node:crypto";
import type { Event, EventOf, Fact } from "../core/event.js";
import { type Call, callsIn } from "../core/message.js";
import { isFields } from "../platform/fields.js";
import { clip } from "../platform/text.js";
import { isAsked, JOB } from "./asked.js";

/** Milliseconds from which on a call waits by itself: asking again after that is polling. */
const WAITS = 2000;
/** Rounds after which the model is told, and after which the run ends. */
const TELL = 3;
const STOP = 5;

/** Who the note is by. */
const BY = "limits";

/** The calls of one answer: equal marks are equal calls with equal results. */
type Step = { mark: string; shown: string };
/** The newest steps; `told` is set while a circle goes on that the model knows of, `over` when the run has ended: only news of its work goes on with it. */
type Trail = { steps: readonly Step[]; told: boolean; over: boolean };
/** `times` counts the rounds; `shown` is one of them. */
type Circle = { times: number; shown: string };
type Results = ReadonlyMap<string, EventOf<"result">>;

const NONE: Trail = { steps: [], told: false, over: false };

/**
 * Finds the same calls with the same results, by themselves or two in turn: tells the model, then ends the run.
 * Gives its reading of a log that grows at the cost of what came since the last one.
 */
export function watchCircles(): (events: readonly Event[]) => Fact | undefined {
  let past: { events: readonly Event[]; upto: number; trail: Trail } | undefined;
  return (events) => {
    const known = past?.events === events ? past : { upto: 0, trail: NONE };
    const more = events.slice(known.upto);
    const results = new Map(more.flatMap((event) => (event.type === "result" ? [[event.callId, event]] : [])));
    const trail = more.reduce((sum, event) => follow(sum, event, results), known.trail);
    past = { events, upto: events.length, trail };
    const circle = trail.over ? undefined : circleIn(trail.steps);
    return circle && (trail.told ? stop(circle) : tell(circle));
  };
}

function follow(trail: Trail, event: Event, results: Results): Trail {
  if (isAsked(event) || isLongJob(event)) return NONE;
  if (event.type === "ended") return { ...trail, over: true };
  if (event.type === "prompt") return { ...trail, over: false };
  if (event.type === "note" && event.by === BY) return { ...trail, told: true };
  return event.type === "reply" ? replied(trail.over ? NONE : trail, event, results) : trail;
}

function replied(trail: Trail, { parts }: EventOf<"reply">, results: Results): Trail {
  const calls = callsIn(parts);
  if (calls.length === 0) return trail;
  if (calls.some(({ id }) => (results.get(id)?.ms ?? 0) >= WAITS)) return NONE;
  const steps = [...trail.steps, stepOf(calls, results)].slice(-2 * STOP);
  return { steps, told: trail.told && circleIn(steps) !== undefined, over: false };
}

// whoever waits for the end of one that takes its time is polling, too
function isLongJob(event: Event): boolean {
  if (event.type !== "state" || !event.key.startsWith(`${JOB}:`)) return false;
  const { value } = event;
  return typeof value === "object" && value !== null && "ms" in value && Number(value.ms) >= WAITS;
}

function stepOf(calls: readonly Call[], results: Results): Step {
  const marks = calls.map((call) => markOf(call, results.get(call.id)));
  const shown = calls.map(({ name, input, malformed }) => clip(`${name} ${malformed ?? JSON.stringify(input)}`, 120));
  return { mark: [...new Set(marks)].join(), shown: [...new Set(shown)].join(", ") };
}

function markOf({ name, input, malformed }: Call, result: EventOf<"result"> | undefined): string {
  // what is started in the background has another name each time
  const said = isFields(result?.details) && "background" in result.details ? "started" : result?.parts;
  const whole = JSON.stringify([name, input, malformed, result?.failed, said], inOrder);
  return createHash("sha256").update(whole).digest("base64");
}

// objects that differ in the order of their keys only are the same
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function circleIn(steps: readonly Step[]): Circle | undefined {
  const back = steps.toReversed();
  for (const period of [1, 2]) {
    const equal = back.findIndex(({ mark }, at) => mark !== back[at + period]?.mark);
    const times = 1 + Math.floor(equal / period);
    const shown = steps.slice(-period).map((step) => step.shown);
    if (times >= TELL) return { times, shown: shown.join(" and ") };
  }
  return undefined;
}

function tell({ shown }: Circle): Fact {
  const text = `You are going in circles: ${shown} gave the same result ${TELL} times in a row, and will again. Go about it in another way, or answer plainly what you found and what stands in the way.`;
  return { type: "note", by: BY, text };
}

function stop({ times, shown }: Circle): Fact | undefined {
  if (times < STOP) return undefined;
  const reason = `going in circles: ${shown} gave the same result ${times} times in a row`;
  return { type: "ended", outcome: "limit", reason };
}
