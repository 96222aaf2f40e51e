import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Delta, Event } from "../core/event.js";
import { last } from "../core/fold.js";
import { run } from "../core/loop.js";
import { type Json, text } from "../core/message.js";
import type { Model } from "../core/model.js";
import type { Plugin } from "../core/plugin.js";
import { globFault, MOST, textFault } from "../goals/bounds.js";
import { openingPrompt } from "../goals/continue.js";
import { contractFrom } from "../goals/logged.js";
import type { GoalEnd } from "../goals/progress.js";
import { reportJson, summaryOf } from "../goals/report.js";
import { reportMarkdown } from "../goals/report-markdown.js";
import type { Contract, Criterion, GoalLimits } from "../goals/types.js";
import type { AgentOptions } from "./agent-options.js";
import type { Ground } from "./assemble.js";
import { openAgent } from "./create-agent.js";
import { type GoalWork, goalWork } from "./goal-work.js";
import type { Models } from "./models.js";
import { AGENT_OPTIONS, checkNames, type NamesOf } from "./option-names.js";

/**
 * What a goal is, beside what an agent is made of.
 *
 * @example
 * const options: RunGoalOptions = {
 *   model,
 *   goal: "make the tests pass",
 *   criteria: [{ describe: "the tests pass", check: "npm test" }, "the change is told in CHANGELOG.md"],
 *   protect: ["test/**"],
 *   limits: { iterations: 5 },
 * };
 */
export type RunGoalOptions = AgentOptions & {
  /** What is to be done, in words. */
  goal: string;
  /** What must be true at the end; a text alone is judged. `timeout` is in milliseconds. */
  criteria: readonly (string | Criterion)[];
  /** Commands that prove the criteria of the same place by exiting 0; undefined leaves that one to the judge. */
  checkCmds?: readonly (string | undefined)[];
  /** Globs of files that nobody may change. */
  protect?: readonly string[];
  /** Ten iterations when absent; `maxCost` in USD, `timeout` in milliseconds. */
  limits?: Partial<GoalLimits>;
  /** Passes in a row that each check must give at the end; 1 when absent. */
  stable?: number;
  /** The last checks run in a fresh copy of the result. */
  clean?: boolean;
  /** Judges what has no check; the agent's own model when absent. */
  judge?: Model;
  /** Ends the work; the report says `interrupted`. */
  signal?: AbortSignal;
  /** Sees each fact and delta as it comes. */
  see?: (item: Event | Delta) => void;
};

/**
 * How a goal went.
 *
 * @example
 * const { met, iterations }: GoalReport = await runGoal({ model, goal: "it builds", criteria: ["npm run build"] });
 */
export type GoalReport = {
  /** Every criterion was proved. */
  met: boolean;
  /** Rounds of work and checks. */
  iterations: number;
  /** How it ended, and why. */
  end: GoalEnd;
  /** `[GOAL MET] …` and a line for each criterion. */
  summary(): string;
  /** The whole report: each criterion, command, exit code, output, time. */
  markdown(): string;
  /** As `nanocoder goal --output-format json` prints it. */
  json(): { [key: string]: Json };
};

/**
 * Works until every criterion is proved: by a command that exits 0, run here and not by the agent, or by a judge that quotes
 * its evidence. Throws for a goal that cannot be one, and when a check cannot be run at all.
 *
 * @example
 * const report = await runGoal({ model, cwd: ".", goal: "make the tests pass", criteria: ["the tests pass"], checkCmds: ["npm test"] });
 * console.log(report.summary());
 */
export async function runGoal(options: RunGoalOptions): Promise<GoalReport> {
  checkNames("runGoal", options, { ...AGENT_OPTIONS, ...GOAL_OPTIONS });
  const contract = contractOf(options);
  const { limits = {}, signal = new AbortController().signal, see = () => undefined } = options;
  const { maxTurns = options.maxTurns, maxCost = options.maxCost, timeout } = limits;
  const door: { work?: GoalWork } = {};
  const { agent, opened } = await openAgent({
    ...options,
    plugins: [...(options.plugins ?? []), behind(door)],
    ...(maxTurns !== undefined && { maxTurns }),
    ...(maxCost !== undefined && { maxCost }),
  });
  const { log } = agent;
  const folder = join(tmpdir(), `nanocoder-goal-${randomUUID()}`);
  const stop = timeout === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  try {
    const work = await goalWork(contract, judgedBy(options.judge, opened.ground), folder);
    door.work = work;
    const found = await work.baseline(stop, () => undefined);
    const unable = found.find((verdict) => verdict?.run?.ended === "unable")?.run;
    if (unable) throw new Error(`The check "${unable.command}" cannot be run: ${unable.why}`);
    agent.inbox.post({ parts: [text(openingPrompt(contract, found))], from: "user" });
    for await (const item of run(agent, stop)) see(item);
    const result = await work.result(endOf(last(log.events, "ended"), { interrupted: signal.aborted }));
    return {
      met: result.end.outcome === "met",
      iterations: result.rounds.length,
      end: result.end,
      summary: () => summaryOf(result),
      markdown: () => reportMarkdown(result),
      json: () => reportJson(result),
    };
  } finally {
    await agent.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const GOAL_OPTIONS: Readonly<Record<Exclude<NamesOf<RunGoalOptions>, NamesOf<AgentOptions>>, true>> = {
  ...{ goal: true, criteria: true, checkCmds: true, protect: true, limits: true },
  ...{ stable: true, clean: true, judge: true, signal: true, see: true },
};

// the agent is made before its session, which the goal's work stands on
function behind(door: { work?: GoalWork }): Plugin {
  return {
    name: "goal",
    beforeStep: (session) => door.work?.plugin.beforeStep?.(session),
    beforeStop: (session) => door.work?.plugin.beforeStop?.(session),
  };
}

function contractOf({
  goal,
  criteria,
  checkCmds = [],
  protect = [],
  limits,
  stable = 1,
  clean = false,
}: RunGoalOptions): Contract {
  const whole = criteria.map((each, at): Criterion => {
    const criterion = typeof each === "string" ? { describe: each } : each;
    const check = criterion.check ?? checkCmds[at];
    return { ...criterion, ...(check !== undefined && { check }) };
  });
  const asked = { goal, criteria: whole, protect, include: [], limits: { iterations: 10, ...limits }, stable, clean };
  const contract = contractFrom(JSON.parse(JSON.stringify(asked)));
  if (contract && checkCmds.length <= criteria.length) return contract;
  const extra = checkCmds.length > criteria.length ? "checkCmds has more entries than criteria" : undefined;
  throw new Error(`This is no goal: ${extra ?? faultIn({ goal, criteria: whole, protect })}.`);
}

// the first mistake, by its name
function faultIn({ goal, criteria, protect }: Pick<Contract, "goal" | "criteria" | "protect">): string {
  const texts: [string, string | undefined, number][] = [
    ["goal", goal, MOST.goal],
    ...criteria.flatMap(({ describe, check }, at): [string, string | undefined, number][] => [
      [`criteria[${at}]`, describe, MOST.describe],
      [`the check of criteria[${at}]`, check, MOST.check],
    ]),
  ];
  const faults = texts.map(([name, text, most]) => told(name, text === undefined ? undefined : textFault(text, most)));
  const globs = protect.map((glob, at) => told(`protect[${at}]`, globFault(glob)));
  const none = criteria.length === 0 ? "criteria is empty: say what must be true at the end" : undefined;
  return (
    none ??
    [...faults, ...globs].find((each) => each !== undefined) ??
    "limits, stable, and timeouts want whole numbers above 0"
  );
}

function told(name: string, why: string | undefined): string | undefined {
  return why === undefined ? undefined : `${name} ${why}`;
}

function judgedBy(judge: Model | undefined, ground: Ground): Ground {
  if (judge === undefined) return ground;
  const { models } = ground;
  const modelFor: Models["modelFor"] = (role) => (role === "judge" ? judge : models.modelFor(role));
  return { ...ground, models: { ...models, modelFor, named: () => judge } };
}

function endOf(
  ended: Extract<Event, { type: "ended" }> | undefined,
  { interrupted }: { interrupted: boolean },
): GoalEnd {
  const why = ended?.reason ?? "it ended";
  if (interrupted) return { outcome: "interrupted", why };
  return { outcome: ended?.outcome === "failed" ? "not met" : "limit", why };
}
