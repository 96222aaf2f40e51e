import type { Event, Fact } from "../core/event.js";
import { state } from "../core/fold.js";
import type { Json } from "../core/message.js";
import { isFields } from "../tools/json-schema.js";
import { type PlanStep, STATUSES, type Step } from "./plan-format.js";

/** The state key of a session's plan. */
export const PLAN = "plan";

/** From the request to the end; a plan that was refused may still be approved, one that failed be gone on with. */
const PHASES = ["planning", "proposed", "refused", "running", "failed", "done"] as const;
export type Phase = (typeof PHASES)[number];

/** A plan and how far it is; `replans` counts how often the rest was planned anew, `reason` says why it failed. */
export type Plan = { phase: Phase; request: string; steps: PlanStep[]; replans: number; reason?: string };

/** The plan of a session, as it stands. */
export function planIn(events: readonly Event[]): Plan | undefined {
  return planOf(state(events, PLAN));
}

/** Reads what a log holds of a plan; undefined when it is none. */
export function planOf(value: Json | undefined): Plan | undefined {
  if (!isFields(value) || !Array.isArray(value.steps)) return undefined;
  const { request, replans, reason } = value;
  const phase = PHASES.find((each) => each === value.phase);
  const steps = value.steps.flatMap((each) => stepIn(each) ?? []);
  if (phase === undefined || typeof request !== "string" || steps.length < value.steps.length) return undefined;
  return {
    phase,
    request,
    steps,
    replans: typeof replans === "number" ? replans : 0,
    ...(typeof reason === "string" && { reason }),
  };
}

function stepIn(value: Json): PlanStep | undefined {
  if (!isFields(value)) return undefined;
  const { title, details, verify, why, failures } = value;
  const status = STATUSES.find((each) => each === value.status);
  if (status === undefined || typeof title !== "string") return undefined;
  return {
    title,
    status,
    ...(typeof details === "string" && { details }),
    ...(typeof verify === "string" && { verify }),
    ...(typeof why === "string" && { why }),
    ...(typeof failures === "number" && { failures }),
  };
}

export function planFact(plan: Plan): Fact {
  return { type: "state", key: PLAN, value: plan };
}

/** A plan that nobody has said yes to yet. */
export function proposed(request: string, steps: readonly Step[]): Plan {
  return { phase: "proposed", request, steps: steps.map((step) => ({ ...step, status: "pending" })), replans: 0 };
}

/** The step that is worked on, or -1. */
export function current({ steps }: Plan): number {
  return steps.findIndex(({ status }) => status === "in_progress");
}

/** The plan with one step changed. */
export function withStep(plan: Plan, at: number, change: Partial<PlanStep>): Plan {
  return { ...plan, steps: plan.steps.map((step, n) => (n === at ? { ...step, ...change } : step)) };
}

/** The plan with its first open step begun; done where there is none. A step that failed last is open where the plan had failed. */
export function begun({ reason: _, ...plan }: Plan): Plan {
  const failed = plan.steps.findLastIndex(({ status }) => status === "failed");
  const again = plan.phase === "failed" ? failed : -1;
  const at = plan.steps.findIndex(({ status }, n) => status === "pending" || status === "in_progress" || n === again);
  if (at < 0) return { ...plan, phase: "done" };
  const fresh = at === again ? { failures: 0 } : {};
  return withStep({ ...plan, phase: "running" }, at, { status: "in_progress", ...fresh });
}

/** The plan after its rest was planned anew: what is not planned again is skipped, what failed stays so. */
export function replanned(plan: Plan, rest: readonly Step[]): Plan {
  const again = new Set(rest.map(({ title }) => title));
  const kept = plan.steps.flatMap((step): PlanStep[] => {
    if (step.status === "in_progress") return [{ ...step, status: "failed" }];
    if (step.status !== "pending") return [step];
    return again.has(step.title) ? [] : [{ ...step, status: "skipped" }];
  });
  const added = rest.map((step): PlanStep => ({ ...step, status: "pending" }));
  return { ...plan, steps: [...kept, ...added], replans: plan.replans + 1 };
}
