import type { Event, Fact } from "../core/event.js";
import { callsIn, text } from "../core/message.js";
import type { Model } from "../core/model.js";
import type { Plugin } from "../core/plugin.js";
import { sentence } from "../core/run-tools.js";
import type { Session } from "../core/session.js";
import { answerIn, isUnfinished, newest, unfinished } from "./answer.js";
import { askForSteps } from "./plan-ask.js";
import { evidenceOf } from "./plan-evidence.js";
import { type Known, proveIt, replanWish, retryPrompt, SAY_HOW, stepPrompt } from "./plan-prompts.js";
import { saidIn } from "./plan-said.js";
import { begun, current, PLAN, type Plan, planFact, planIn, planOf, replanned, withStep } from "./plan-state.js";

/** Attempts of a step, plans anew of the rest, and notes that send a worker back within one attempt. */
const MOST = { attempts: 2, replans: 2, notes: 2 };

export type PlanStepsOptions = { planner: Model; known(): Promise<Known> };

/**
 * Has an approved plan worked on step by step: at each stop the step counts as done when the worker says so and
 * the facts do not speak against it. One that failed is tried once more, then the rest is planned anew, twice.
 */
export function planSteps(options: PlanStepsOptions): Plugin {
  return {
    name: PLAN,
    async beforeStop(session) {
      const { events } = session;
      const plan = planIn(events);
      if (plan?.phase !== "running" || current(plan) < 0 || unfinished(events)) return undefined;
      return settled(session, plan, options);
    },
  };
}

/** What is to be appended so that a session goes on with its plan: what an interrupted run had left to settle, or the open step. */
export async function goOn(session: Session, plan: Plan, options: PlanStepsOptions): Promise<Fact[]> {
  const { events } = session;
  const worked = current(plan) >= 0 && plan.phase === "running";
  if (worked && isAnswered(events)) return settled(session, plan, options);
  const now = begun(plan);
  if (now.phase === "done") return [planFact(now)];
  const first = now.steps.every(({ status }) => status === "pending" || status === "in_progress") && !worked;
  return [planFact(now), prompt(stepPrompt(now, first ? "first" : "resumed"))];
}

// the newest reply says how the open step ended, and nothing was made of that yet
function isAnswered(events: readonly Event[]): boolean {
  const settledAt = events.findLastIndex((event) => event.type === "state" && event.key === PLAN);
  const asked = sincePrompt(events.slice(settledAt + 1));
  const reply = newest(asked);
  if (reply === undefined || isUnfinished(reply) || callsIn(reply.parts).length > 0) return false;
  return saidIn(answerIn(asked).text) !== undefined;
}

async function settled(session: Session, plan: Plan, options: PlanStepsOptions): Promise<Fact[]> {
  const { events } = session;
  const at = current(plan);
  const step = plan.steps[at];
  const said = saidIn(answerIn(sincePrompt(events)).text);
  if (said === undefined)
    return sentBack(session, { words: SAY_HOW, told: SILENT }) ?? failed(session, plan, { ...options, why: SILENT });
  if (step === undefined) return [];
  if (said.type === "failed") return failed(session, plan, { ...options, why: said.why });
  const evidence = evidenceOf(step, sinceBegin(events, at));
  if (evidence.type === "fine") return stepped(plan, at);
  const told = `it was said to be done, but ${evidence.why}`;
  const back = evidence.type === "unproved" ? sentBack(session, { words: proveIt(evidence.why), told }) : undefined;
  return back ?? failed(session, plan, { ...options, why: told });
}

const SILENT = "the worker stopped without saying whether it is done";

function stepped(plan: Plan, at: number): Fact[] {
  const now = begun(withStep(plan, at, { status: "done" }));
  return now.phase === "done" ? [planFact(now)] : [planFact(now), prompt(stepPrompt(now, "next"))];
}

function sentBack({ events, emit }: Session, { words, told }: { words: string; told: string }): Fact[] | undefined {
  const notes = sincePrompt(events).filter((event) => event.type === "note" && event.by === PLAN).length;
  if (notes >= MOST.notes) return undefined;
  emit({ type: "status", by: PLAN, text: `sent back: ${told}` });
  return [{ type: "note", by: PLAN, text: words }];
}

type Failing = PlanStepsOptions & { why: string };

async function failed(session: Session, plan: Plan, failing: Failing): Promise<Fact[]> {
  const at = current(plan);
  const { why } = failing;
  const failures = (plan.steps[at]?.failures ?? 0) + 1;
  const now = withStep(plan, at, { why, failures });
  session.emit({ type: "status", by: PLAN, text: `step ${at + 1} failed (${failures} of ${MOST.attempts}): ${why}` });
  if (failures < MOST.attempts) return [planFact(now), prompt(retryPrompt(now, why))];
  if (plan.replans < MOST.replans) return anew(session, now, failing);
  return over(now, `step ${at + 1} (${now.steps[at]?.title}) failed: ${why}`);
}

async function anew(session: Session, plan: Plan, { planner, known, why }: Failing): Promise<Fact[]> {
  const { emit, signal } = session;
  emit({ type: "status", by: PLAN, text: `planning the rest anew (${plan.replans + 1} of ${MOST.replans})` });
  const at = current(plan);
  try {
    const about = await known();
    const wish = replanWish(plan, why, about);
    const planned = await askForSteps({ model: planner, known: about, wish, signal });
    if ("why" in planned) return [...planned.facts, ...over(plan, `step ${at + 1} failed: ${why}; ${planned.why}`)];
    const now = begun(replanned(plan, planned.steps));
    return [...planned.facts, planFact(now), prompt(stepPrompt(now, "changed"))];
  } catch (error) {
    // the step stays open, so that a resumed session settles it again
    if (signal.aborted) return [{ type: "ended", outcome: "aborted", reason: sentence(signal.reason) }];
    return over(plan, `step ${at + 1} failed: ${why}; the rest could not be planned anew: ${sentence(error)}`);
  }
}

function over(plan: Plan, reason: string): Fact[] {
  const failing = withStep(plan, current(plan), { status: "failed" });
  return [
    planFact({ ...failing, phase: "failed", reason }),
    { type: "ended", outcome: "failed", reason: `The plan is not done: ${reason}` },
  ];
}

function prompt(words: string): Fact {
  return { type: "prompt", parts: [text(words)], from: PLAN };
}

function sincePrompt(events: readonly Event[]): readonly Event[] {
  return events.slice(events.findLastIndex(({ type }) => type === "prompt") + 1);
}

// over all attempts: a command that failed in the first one must have passed since. A plan before it does not count
function sinceBegin(events: readonly Event[], at: number): readonly Event[] {
  const plans = events.flatMap((event) => {
    const plan = event.type === "state" && event.key === PLAN ? planOf(event.value) : undefined;
    return plan ? [{ seq: event.seq, plan }] : [];
  });
  const newest = plans.slice(plans.findLastIndex(({ plan }) => plan.phase === "planning") + 1);
  const from = newest.find(({ plan }) => plan.steps[at]?.status === "in_progress")?.seq ?? 0;
  return events.filter(({ seq }) => seq >= from);
}
