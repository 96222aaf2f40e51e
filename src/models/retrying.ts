import { setTimeout as later } from "node:timers/promises";
import type { Delta } from "../core/event.js";
import { NO_USAGE } from "../core/event.js";
import { type Model, ModelError, type Reply, type Request } from "../core/model.js";
import { abortOf } from "./http.js";

/**
 * How often, how long and with which waits a model is asked again.
 *
 * @example
 * const options: RetryOptions = { tries: 3, within: 60_000 };
 */
export type RetryOptions = {
  /** Attempts in all; 10 when absent. */
  tries?: number;
  /** Milliseconds from the first attempt after which none is begun, however few there were; ten minutes when absent. */
  within?: number;
  /** Milliseconds before the second attempt, doubled each time up to `cap`, plus up to a quarter by chance. */
  base?: number;
  /** The longest of those waits, in milliseconds; 32 s when absent. */
  cap?: number;
  /** From 0 to 1; `Math.random` when absent. */
  random?: () => number;
  /** Waits that many milliseconds; rejects when the signal is aborted. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
};

/** The longest wait that a provider may ask for, in milliseconds. */
const LONGEST_WISH = 120_000;

/**
 * Asks a model again when it could not answer for a passing reason, as long as nothing of the answer but
 * thinking was shown: ten times at most and for ten minutes. Waits as long as the provider asks (at most two minutes), else
 * 0.5 s doubling to 32 s.
 *
 * @example
 * const model = retrying(openai({ baseUrl, apiKey, model: "gpt-5" }));
 */
export function retrying(model: Model, options: RetryOptions = {}): Model {
  return {
    get id() {
      return model.id;
    },
    get window() {
      return model.window;
    },
    stream: (request, signal) => attempts(model, { request, signal, ...options }),
  };
}

type Attempts = RetryOptions & { request: Request; signal: AbortSignal };

async function* attempts(model: Model, asked: Attempts): AsyncGenerator<Delta, Reply> {
  const { request, signal, tries = 10, within = 600_000, sleep = pause } = asked;
  const until = performance.now() + within;
  for (let attempt = 1; ; attempt += 1) {
    let shown = false;
    const stream = model.stream(request, signal);
    try {
      let step = await stream.next();
      while (!step.done) {
        shown = isShown(step.value);
        yield step.value;
        // from here on nothing is asked again
        if (shown) return yield* stream;
        step = await stream.next();
      }
      return step.value;
    } catch (error) {
      const over = shown || attempt >= tries || signal.aborted || performance.now() > until;
      if (over || !(error instanceof ModelError && error.transient)) throw error;
      const wait = waitBefore(attempt, error.retryAfter, asked);
      const text = retryWords({ why: error.message, wait, attempt: attempt + 1, tries });
      yield { type: "status", by: "retry", text };
      await sleep(wait, signal);
    } finally {
      // a reader that left in the middle ends the request too
      await stream.return(NOTHING);
    }
  }
}

function isShown({ type }: Delta): boolean {
  return type !== "status" && type !== "thinking";
}

/** An attempt that is about to be made, and why; `wait` is in milliseconds. */
export type Retry = { why: string; wait: number; attempt: number; tries: number };

function retryWords({ why, wait, attempt, tries }: Retry): string {
  return `${why} Again in ${(wait / 1000).toFixed(1)} s (${attempt} of ${tries}).`;
}

/** What the words of a status say of a new attempt; undefined where they are about something else. */
export function readRetry(words: string): Retry | undefined {
  const [, why, seconds, attempt, tries] = /^(.*) Again in ([\d.]+) s \((\d+) of (\d+)\)\.$/s.exec(words) ?? [];
  if (why === undefined) return undefined;
  return { why, wait: Number(seconds) * 1000, attempt: Number(attempt), tries: Number(tries) };
}

const NOTHING: Reply = { parts: [], stop: "cut", model: "", usage: NO_USAGE };

/** Waits that many milliseconds; an interruption throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await later(ms, undefined, { signal }).catch(() => Promise.reject(abortOf(signal)));
}

/** Milliseconds to wait before attempt `attempt + 1`, as `RetryOptions` has it. */
export function waitBefore(attempt: number, wished: number | undefined, options: RetryOptions): number {
  const { base = 500, cap = 32_000, random = Math.random } = options;
  if (wished !== undefined) return Math.min(wished, LONGEST_WISH);
  return Math.min(cap, base * 2 ** (attempt - 1)) * (1 + random() / 4);
}
