import type { Delta, Event } from "../core/event.js";
import type { Json } from "../core/message.js";
import { visible } from "../platform/text.js";
import { lineOf, type Status } from "../plugins/plan-format.js";
import { saidIn } from "../plugins/plan-said.js";
import { PLAN, type Plan, planOf } from "../plugins/plan-state.js";
import { usageOf } from "./json.js";
import type { Summary } from "./summary.js";

/** Watches a run and says each step whose marker changed, on one line. */
export function stepLines(before: Plan, say: (line: string) => void): (item: Event | Delta) => void {
  let known: Status[] = before.steps.map(({ status }) => status);
  return (item) => {
    const plan = item.type === "state" && item.key === PLAN ? planOf(item.value) : undefined;
    if (plan === undefined) return;
    for (const [at, step] of plan.steps.entries()) {
      const isNew = step.status !== known[at] && !(step.status === "pending" && known[at] === undefined);
      if (isNew) say(lineOf(step, at));
    }
    known = plan.steps.map(({ status }) => status);
  };
}

/** What became of a plan: how far it is, the words of the worker's last answer, and why it went no further. */
export function planWords(plan: Plan, answer: string, shown: "terminal" | "file"): string {
  const words = withoutMark(answer);
  const text = `${plan.steps.map(lineOf).join("\n")}${words === "" ? "" : `\n\n${words}`}\n`;
  return shown === "terminal" ? visible(text) : text;
}

function withoutMark(answer: string): string {
  return answer
    .split("\n")
    .filter((line) => saidIn(line) === undefined)
    .join("\n")
    .trim();
}

export type PlanResult = {
  id: string;
  plan: Plan;
  summary?: Summary | undefined;
  reason: string;
  exitCode: number;
  ms: number;
};

/** The JSON object of a plan, worked on or not. */
export function planLine({ id, plan, summary, reason, exitCode, ms }: PlanResult): Json {
  return {
    type: "plan",
    schema_version: 1,
    status: plan.phase,
    is_error: exitCode !== 0,
    steps: plan.steps.map(({ title, details, verify, status, why }, at) => ({
      n: at + 1,
      title,
      ...(details !== undefined && { details }),
      ...(verify !== undefined && { verify }),
      status,
      ...(why !== undefined && { reason: why }),
    })),
    replans: plan.replans,
    session_id: id,
    termination_reason: reason,
    duration_ms: Math.round(ms),
    ...(summary && {
      result: withoutMark(summary.result),
      num_turns: summary.turns,
      duration_api_ms: summary.apiMs,
      usage: usageOf(summary.usage),
      total_cost_usd: summary.cost,
      permission_denials: summary.denials,
    }),
  };
}
