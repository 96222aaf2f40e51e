import type { Opened } from "../app/assemble.js";
import type { Config } from "../app/config.js";
import { topLevels } from "../app/top-levels.js";
import type { Delta, Event } from "../core/event.js";
import { last } from "../core/fold.js";
import { run } from "../core/loop.js";
import { text } from "../core/message.js";
import { askForSteps } from "../plugins/plan-ask.js";
import { instructionsIn, type Known, planWish } from "../plugins/plan-prompts.js";
import { type Plan, planFact, planIn, proposed } from "../plugins/plan-state.js";
import { goOn, planSteps } from "../plugins/plan-steps.js";
import type { Interrupts } from "./interrupts.js";
import { stepLines } from "./plan-print.js";
import type { Progress } from "./progress.js";
import { type Summary, summarise } from "./summary.js";

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
  const { log } = job.opened.agent;
  if (planIn(log.events) === undefined) log.append(planFact({ phase: "planning", request, steps: [], replans: 0 }));
  if (last(log.events, "prompt") === undefined) log.append({ type: "prompt", parts: [text(request)], from: "user" });
  const known = knownOf(job);
  const model = job.opened.models.modelFor("plan");
  const planned = await askForSteps({ model, known, wish: planWish(request, known), signal: job.stop.signal });
  for (const fact of planned.facts) log.append(fact);
  if ("why" in planned) return planned.why;
  const plan = proposed(request, planned.steps);
  log.append(planFact(plan));
  return plan;
}

/** Works on an approved plan until it is done, or cannot be. */
export async function workOn(plan: Plan, job: Job, see: (item: Event | Delta) => void): Promise<Summary> {
  const { opened, config, stop, human, first } = job;
  const options = { planner: opened.models.modelFor("plan"), known: async () => knownOf(job) };
  const agent = { ...opened.agent, plugins: [...opened.agent.plugins, planSteps(options)] };
  const { log, model } = agent;
  const steps = stepLines(plan, human.note);
  const told = (item: Event | Delta) => {
    human.see(item);
    steps(item);
    see(item);
  };
  const session = { events: log.events, model, cwd: config.cwd, signal: stop.signal, emit: told };
  for (const fact of await goOn(session, plan, options)) told(log.append(fact));
  if (planIn(log.events)?.phase === "done") log.append({ type: "ended", outcome: "done" });
  if (log.events.at(-1)?.type !== "ended") for await (const item of run(agent, stop.signal)) told(item);
  return summarise(log.events.slice(first), stop.cause);
}

function knownOf({ opened, config }: Job): Known {
  const { system = "" } = last(opened.agent.log.events, "session") ?? {};
  return { instructions: instructionsIn(system), files: topLevels(config.cwd) };
}
