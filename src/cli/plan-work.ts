import type { Ground, Opened } from "../app/assemble.js";
import type { Config } from "../app/config.js";
import { topLevels } from "../app/top-levels.js";
import type { Delta, Event } from "../core/event.js";
import { last } from "../core/fold.js";
import type { Log } from "../core/log.js";
import { run } from "../core/loop.js";
import { text } from "../core/message.js";
import type { Session } from "../core/session.js";
import { lastAtStop } from "../plugins/last-at-stop.js";
import { askForSteps } from "../plugins/plan-ask.js";
import { instructionsIn, planWish } from "../plugins/plan-prompts.js";
import { PLAN, type Plan, planFact, planIn, planOf, proposed } from "../plugins/plan-state.js";
import { goOn, type PlanStepsOptions } from "../plugins/plan-steps.js";
import type { Interrupts } from "./interrupts.js";
import { stepLines } from "./plan-print.js";
import type { Progress } from "./progress.js";
import { type Summary, summarise } from "./summary.js";

/** Characters of the conversation that the planner is told. */
const CONVERSATION = 12_000;

export type Job = {
  opened: Opened;
  config: Config;
  stop: Interrupts;
  human: Progress;
  /** How many events there were before: what this run cost counts from there. */
  first: number;
};

/** Asks for a plan and records it as proposed; a sentence where none came. Throws when the model cannot answer. */
export async function propose(request: string, job: Job): Promise<Plan | string> {
  const { agent, models } = job.opened;
  const { log } = agent;
  if (planIn(log.events) === undefined) log.append(planFact({ phase: "planning", request, steps: [], replans: 0 }));
  if (last(log.events, "prompt") === undefined) log.append({ type: "prompt", parts: [text(request)], from: "user" });
  return askForPlan(request, { ...job.config, log, models }, job.stop.signal);
}

/** Asks the planner and records what it proposes, and what asking cost; a sentence where no plan came. */
export async function askForPlan(request: string, standing: Standing, signal: AbortSignal): Promise<Plan | string> {
  const { log } = standing;
  const { planner: model, known: look } = plannerOf(standing);
  const known = await look();
  const planned = await askForSteps({ model, known, wish: planWish(request, known), signal });
  for (const fact of planned.facts) log.append(fact);
  if ("why" in planned) return planned.why;
  const plan = proposed(request, planned.steps);
  log.append(planFact(plan));
  return plan;
}

/** Works on an approved plan until it is done, or cannot be. */
export async function workOn(plan: Plan, job: Job, see: (item: Event | Delta) => void): Promise<Summary> {
  const { opened, config, stop, human, first } = job;
  const { models } = opened;
  // what verification sends back belongs to the step that it found it in
  const agent = { ...opened.agent, plugins: lastAtStop(opened.agent.plugins, PLAN) };
  const { log, model } = agent;
  const steps = stepLines(plan, human.note);
  const told = (item: Event | Delta) => {
    human.see(item);
    steps(item);
    see(item);
  };
  const session = { events: log.events, model, cwd: config.cwd, signal: stop.signal, emit: told };
  const open = await takeUp(session, plan, { log, options: plannerOf({ ...config, log, models }), told });
  if (open) for await (const item of run(agent, stop.signal)) told(item);
  return summarise(log.events.slice(first), stop.cause);
}

type Taking = { log: Log; options: PlanStepsOptions; told(item: Event | Delta): void };

/** Settles what an interrupted run left of a plan, and asks for its open step; false where there is nothing to run for. */
export async function takeUp(session: Session, plan: Plan, { log, options, told }: Taking): Promise<boolean> {
  for (const fact of await goOn(session, plan, options)) told(log.append(fact));
  if (planIn(log.events)?.phase === "done") told(log.append({ type: "ended", outcome: "done" }));
  return log.events.at(-1)?.type !== "ended";
}

// what was said before the plan was asked for
async function before(events: readonly Event[]): Promise<string> {
  const asked = events.findLastIndex(
    (event) => event.type === "state" && event.key === PLAN && planOf(event.value)?.phase === "planning",
  );
  const said = events.slice(0, Math.max(0, asked));
  if (last(said, "prompt") === undefined) return "";
  const { transcriptFor } = await import("../goals/transcript.js");
  return transcriptFor(said, CONVERSATION);
}

type Standing = Pick<Ground, "models" | "log" | "cwd">;

/** Who makes plans, and what is known to make them of. */
export function plannerOf({ models, log, cwd }: Standing): PlanStepsOptions {
  const known = async () => {
    const { system = "" } = last(log.events, "session") ?? {};
    return { instructions: instructionsIn(system), files: topLevels(cwd), conversation: await before(log.events) };
  };
  return { planner: models.modelFor("plan"), known };
}
