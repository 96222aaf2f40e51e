import type { Delta } from "../../../core/event.js";
import { last } from "../../../core/fold.js";
import { costOf } from "../../../models/catalog.js";
import { visible } from "../../../platform/text.js";
import { lastAtStop } from "../../../plugins/last-at-stop.js";
import { lineOf } from "../../../plugins/plan-format.js";
import { current, PLAN, type Plan, planIn } from "../../../plugins/plan-state.js";
import { planSteps } from "../../../plugins/plan-steps.js";
import { stepLines } from "../../plan-print.js";
import { plannerOf, takeUp } from "../../plan-work.js";
import { firstLine } from "../../progress.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";

type Words = { head(at: number, of: number): string; done: string; not(why: string): string; goOn: string };

const WORDS: Record<Locale, Words> = {
  en: {
    head: (at, of) => `plan, step ${at} of ${of}`,
    done: "The plan is done.",
    not: (why) => `The plan is not done: ${why}.`,
    goOn: "/plan resume goes on with it.",
  },
  zh: {
    head: (at, of) => `计划，第 ${at} 步，共 ${of} 步`,
    done: "计划已完成。",
    not: (why) => `计划还没有完成：${why}。`,
    goOn: "用 /plan resume 继续。",
  },
};

/** Works on an approved plan in this session until it is done, cannot be, or is interrupted. */
export async function carryOut(desk: Desk, plan: Plan): Promise<void> {
  const { ui, locale, opened, signal } = desk;
  const { agent, models, ground } = opened;
  const { log, model } = agent;
  const first = log.events.length;
  const options = plannerOf({ ...ground, models });
  const hear = stepLines(plan, (line) => ui.say({ type: "note", text: visible(line) }));
  ui.board(() => boardOf(planIn(log.events) ?? plan, costOf(log.events.slice(first)), locale));
  try {
    const session = { events: log.events, model, cwd: ground.cwd, signal, emit: (item: Delta) => ui.see(item) };
    const told: typeof ui.see = (item) => {
      hear(item);
      ui.see(item);
    };
    const open = await takeUp(session, plan, { log, options, told });
    // what verification sends back belongs to the step that it found it in
    const plugins = lastAtStop([...agent.plugins, { ...planSteps(options), onEvent: hear }], PLAN);
    if (open) await desk.run({ ...agent, plugins });
  } finally {
    ui.board();
  }
  const { done, not, goOn } = WORDS[locale];
  const now = planIn(log.events) ?? plan;
  ui.say({ type: "text", text: visible(now.steps.map(lineOf).join("\n")) });
  if (now.phase === "done") return ui.say({ type: "note", text: done });
  const why = now.reason ?? last(log.events.slice(first), "ended")?.reason ?? "its run was ended";
  ui.say({ type: "note", text: `${visible(not(why.replace(/\.$/, "")))} ${goOn}` });
}

function boardOf(plan: Plan, cost: number | undefined, locale: Locale): string[] {
  const done = plan.steps.filter(({ status }) => status === "done").length;
  const at = current(plan) < 0 ? done : current(plan) + 1;
  const paid = cost === undefined ? "" : `, $${cost.toFixed(4)}`;
  const head = `${WORDS[locale].head(at, plan.steps.length)}${paid}: ${firstLine(plan.request)}`;
  return [head, ...plan.steps.map((step, n) => `  ${firstLine(lineOf(step, n))}`)];
}
