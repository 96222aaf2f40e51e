import { setTimeout as later } from "node:timers/promises";
import type { Event, Fact } from "../core/event.js";
import { state } from "../core/fold.js";
import { callsIn } from "../core/message.js";
import type { ModelError } from "../core/model.js";
import type { Session } from "../core/session.js";
import { BY, newest, RAISED } from "./answer.js";
import { refused } from "./recover-answers.js";

/** Broken answers in a row after which the run ends. */
const TRIES = 3;
/** The longest wait that a provider may ask for, in milliseconds. */
const LONGEST_WISH = 120_000;

/** Waits that many milliseconds; rejects when the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<unknown>;

/**
 * What is done when the model could not answer. An answer that broke off and called nothing is left out of the
 * conversation; what called tools stays, with their results, and the model goes on from there.
 */
export async function afterFailure(session: Session, error: ModelError, sleep: Sleep = pause): Promise<Fact[]> {
  const { events, signal, emit } = session;
  if (!error.transient) return state(events, RAISED) ? refused(events, error.message) : [];
  const broken = newest(events);
  const attempt = brokenInARow(events);
  if (error.kind === "quota" || broken?.stop !== "cut" || attempt > TRIES) return [];
  const wait = Math.min(error.retryAfter ?? (attempt === 1 ? 0 : 250 * 2 ** (attempt - 1)), LONGEST_WISH);
  if (wait > 0) {
    emit({ type: "status", by: BY, text: `the answer broke off: asking again in ${(wait / 1000).toFixed(1)} s` });
    // an interrupted wait is over: the loop sees to the rest
    await sleep(wait, signal).catch(() => undefined);
  }
  const fact: Fact = { type: "retried", reason: error.message, attempt };
  return [callsIn(broken.parts).length > 0 ? fact : { ...fact, voids: broken.seq }];
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return later(ms, undefined, { signal });
}

function brokenInARow(events: readonly Event[]): number {
  const whole = events.findLastIndex(
    (event) => event.type === "prompt" || (event.type === "reply" && event.stop !== "cut"),
  );
  return events.slice(whole + 1).filter((event) => event.type === "reply").length;
}
