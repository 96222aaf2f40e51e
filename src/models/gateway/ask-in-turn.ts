import { type Delta, NO_USAGE } from "../../core/event.js";
import { type Model, ModelError, type Reply, type Request } from "../../core/model.js";
import { pause, waitBefore } from "../retrying.js";
import { type Blame, blameOf, inShort, isModelError } from "./blame.js";
import type { Breaker } from "./breaker.js";

/** A model of the gateway while it runs. */
export type Member = { label: string; model: Model; breaker: Breaker };

/** How one request to a member ended. Times are in milliseconds. */
export type Told =
  | { type: "answered"; label: string; model: string; ms: number }
  | { type: "failed"; label: string; why: string; status: number | undefined; ms: number };

/** What a gateway takes from the machine; a clock in milliseconds from any beginning. */
export type Clock = {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
  random(): number;
};

export const CLOCK: Clock = { now: () => performance.now(), sleep: pause, random: Math.random };

type Asked = {
  members: readonly Member[];
  request: Request;
  signal: AbortSignal;
  clock: Clock;
  tell(told: Told): void;
};

/** Requests in all for one member, and for each further one; no second one to the same is begun after `within`. */
const MOST = { tries: 10, more: 3, within: 600_000 };
/** A provider that wishes for a longer wait than `patience`, and a failure that took longer than `slow`, is a case for another model. */
const LIMIT = { patience: 15_000, slow: 60_000 };

/** Who is asked first: the first in order that does not rest; where all do, the one whose failure is longest ago. */
export function first(members: readonly Member[]): Member | undefined {
  const awake = members.find(({ breaker }) => !breaker.rests);
  if (awake) return awake;
  return members.reduce<Member | undefined>(
    (least, each) => (least && least.breaker.failedAt <= each.breaker.failedAt ? least : each),
    undefined,
  );
}

/**
 * Asks the members in turn until one answers, as long as nothing of an answer was shown. A failure that is the
 * request's own is thrown at once; when none is left, one error names each of them.
 */
export async function* askInTurn(asked: Asked): AsyncGenerator<Delta, Reply> {
  const { members, clock } = asked;
  const failures = new Map<Member, Failed[]>();
  const until = clock.now() + MOST.within;
  const most = MOST.tries + (members.length - 1) * MOST.more;
  let member = first(members);
  for (let tries = 1; member; tries += 1) {
    const end = yield* attempt(member, asked);
    if (end.type === "answered") return end.reply;
    failures.set(member, [...(failures.get(member) ?? []), end]);
    const left = tries < most ? remaining(members, failures, clock.now() < until) : [];
    const next = first(left);
    if (next) yield* turnTo(next, { from: member, failures, asked });
    member = next;
  }
  throw gaveUp(failures);
}

type Failed = { type: "failed"; error: ModelError; blame: Blame };
type Failures = ReadonlyMap<Member, readonly Failed[]>;

// after a lasting failure not again; after a window that was too small only larger ones; after a while only new ones
function remaining(members: readonly Member[], failures: Failures, inTime: boolean): Member[] {
  const all = [...failures].flatMap(([member, ends]) => ends.map((end) => ({ ...end, member })));
  const lasting = all.filter(({ blame }) => blame !== "passing").map(({ member }) => member);
  const tooSmall = Math.max(
    0,
    ...all.filter(({ blame }) => blame === "window").map(({ member }) => member.model.window),
  );
  return members.filter(
    (each) => !lasting.includes(each) && each.model.window > tooSmall && (inTime || !failures.has(each)),
  );
}

type Turning = { from: Member; failures: Failures; asked: Asked };

// who was asked before is left alone for a while; another is asked at once
async function* turnTo(next: Member, { from, failures, asked }: Turning): AsyncGenerator<Delta, void> {
  const { clock, signal } = asked;
  const ends = failures.get(next) ?? [];
  const wait = ends.length === 0 ? 0 : waitBefore(ends.length, ends.at(-1)?.error.retryAfter, clock);
  const error = failures.get(from)?.at(-1)?.error;
  const after = wait === 0 ? "" : ` in ${(wait / 1000).toFixed(1)} s`;
  const what = next === from ? `Asking it again${after}.` : `Now asking ${next.label}${after}.`;
  yield { type: "status", by: "gateway", text: `${from.label} failed (${error ? inShort(error) : ""}). ${what}` };
  if (wait > 0) await clock.sleep(wait, signal);
}

async function* attempt(
  { label, model, breaker }: Member,
  { request, signal, clock, tell }: Asked,
): AsyncGenerator<Delta, { type: "answered"; reply: Reply } | Failed> {
  const trial = breaker.begin();
  const began = clock.now();
  const took = () => Math.round(clock.now() - began);
  const stream = model.stream(request, signal);
  let shown = false;
  try {
    let step = await stream.next();
    while (!step.done) {
      shown ||= step.value.type !== "status";
      yield step.value;
      step = await stream.next();
    }
    trial.answered();
    tell({ type: "answered", label, model: step.value.model, ms: took() });
    return { type: "answered", reply: step.value };
  } catch (error) {
    if (signal.aborted || !isModelError(error)) throw error;
    const blame = blameOf(error);
    if (blame === "passing" || blame === "lasting") trial.failed(weight(error, took()));
    tell({ type: "failed", label, why: inShort(error), status: error.status, ms: took() });
    if (shown || blame === "request") throw error;
    return { type: "failed", error, blame };
  } finally {
    trial.left();
    // a reader that left in the middle ends the request too
    await stream.return({ parts: [], stop: "cut", model: "", usage: NO_USAGE });
  }
}

function weight(error: ModelError, ms: number): { heavy: boolean; rest?: number } {
  const { retryAfter = 0 } = error;
  const heavy = blameOf(error) === "lasting" || ms > LIMIT.slow;
  return retryAfter > LIMIT.patience ? { heavy, rest: retryAfter } : { heavy };
}

// whoever can shorten the conversation must hear that it is too long, in the provider's own error
function gaveUp(failures: Failures): Error {
  const ends = [...failures].map(([{ label }, all]) => ({ label, last: all.at(-1) }));
  const [only] = ends;
  const tooLong = [...failures.values()].flat().find(({ blame }) => blame === "window");
  if (tooLong) return tooLong.error;
  if (only?.last && ends.length === 1) return only.last.error;
  const each = ends.map(({ label, last }) => `${label} (${last ? inShort(last.error) : "not asked"})`).join("; ");
  return new ModelError(
    `No model of the gateway could answer: ${each}. See nanocoder doctor, or choose a model of its own with -m.`,
    { transient: ends.some(({ last }) => last?.blame === "passing"), cause: ends.at(-1)?.last?.error },
  );
}
