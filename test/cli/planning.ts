import type { Event } from "../../src/core/event.js";
import type { ScriptStep, SeenRequest, Turn } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { type Plan, planOf } from "../../src/plugins/plan-state.js";
import { type Ended, nanocoder, openaiAt, type Place, place, sessionsIn } from "./nanocoder.js";

/** A planner's answer. */
export const planOfSteps = (...steps: object[]) => JSON.stringify({ steps });
export const bash = (command: string): Turn => ({ calls: [{ name: "bash", input: { command } }] });
export const isPlanner = ({ system }: SeenRequest) => system.startsWith("You plan work for a coding agent");
/** The step that a request works on, from 1. */
export const stepOf = ({ lastText }: SeenRequest) => Number(/.*Do step (\d+) of/s.exec(lastText)?.[1] ?? 0);

export const TWO = planOfSteps(
  { title: "Make a.txt", details: "with the word a" },
  { title: "Check it", verify: "grep -q a a.txt" },
);

export type PlanRun = Ended & { requests: readonly SeenRequest[]; where: Place };

/** Runs `nanocoder plan` against a script. */
export async function planRun(
  script: readonly ScriptStep[],
  args: readonly string[],
  { where = place(), env = {} }: { where?: Place; env?: Record<string, string> } = {},
): Promise<PlanRun> {
  await using server = await modelServer(script);
  const all = ["plan", ...args, "--permission-mode", "auto"];
  const ended = await nanocoder(all, { place: where, env: { ...openaiAt(server.url), ...env } });
  return { ...ended, requests: server.requests, where };
}

/** The values that the plan of the newest session had, in order. */
export function plansIn(where: Place): Plan[] {
  return plansOf(sessionsIn(where).at(-1) ?? []);
}

export function plansOf(events: readonly Event[]): Plan[] {
  return events.flatMap((event) => (event.type === "state" && event.key === "plan" ? (planOf(event.value) ?? []) : []));
}

export const statuses = (plan: Plan | undefined) => plan?.steps.map(({ status }) => status);
