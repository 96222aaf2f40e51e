import { assemble, type Ground, type Resume } from "../app/assemble.js";
import { type Config, readConfig, thisMachine } from "../app/config.js";
import { resumed } from "../app/resumed.js";
import { UsageError } from "../app/usage-error.js";
import { sentence } from "../core/run-tools.js";
import { visible } from "../platform/text.js";
import { planText } from "../plugins/plan-format.js";
import { PLAN, type Plan, planFact, planIn, planOf, proposed } from "../plugins/plan-state.js";
import { planSteps } from "../plugins/plan-steps.js";
import { lastSaid } from "../store/session-last.js";
import { listSessions } from "../store/session-list.js";
import type { PlanFlags } from "./asked.js";
import { deniedLines } from "./denied-lines.js";
import { type Interruption, interrupts } from "./interrupts.js";
import { initLine, lineMaker } from "./json.js";
import { noModel } from "./no-model.js";
import { refuseRunFlags } from "./not-with.js";
import { leaveNow, refuse } from "./one-shot.js";
import { colours, jsonLine, tell, write } from "./output.js";
import { approval, editorOf } from "./plan-approval.js";
import { planLine, planWords } from "./plan-print.js";
import { type Job, plannerOf, propose, workOn } from "./plan-work.js";
import { progress } from "./progress.js";
import { readPrompt } from "./stdin.js";
import { type Summary, summarise } from "./summary.js";

/** Sessions among which the newest open plan is looked for. */
const LOOKED_AT = 50;

/** `nanocoder plan`: plans, shows the plan, and once it is approved works on it step by step. */
export async function planCommand(flags: PlanFlags, words: string): Promise<number> {
  checkFlags(flags, words);
  const notices: string[] = [];
  const { config, resume } = await begin(flags, (line) => notices.push(line));
  if (config.choice === undefined && config.gateway === undefined) throw new UsageError(await noModel());
  const stop = interrupts(config.timeout, (cause) => void leaveNow(cause));
  const human = progress(process.stderr, colours(process.stderr));
  for (const line of notices) human.note(line);
  try {
    const request = flags.resume === undefined ? await readPrompt(words, human.note) : "";
    const plugins = async (ground: Ground) => [planSteps(plannerOf(ground))];
    const opened = await assemble(config, resume, { ask: refuse, notice: human.note, plugins });
    const job = { opened, config, stop, human, first: opened.agent.log.events.length };
    const out = output(flags, job);
    try {
      return await out.end(await planned({ ...job, flags, request, out }));
    } finally {
      await opened.close();
    }
  } finally {
    human.end();
    stop.end();
  }
}

function checkFlags(flags: PlanFlags, words: string): void {
  const { resume } = flags;
  refuseRunFlags("plan", flags);
  if (resume !== undefined && words !== "")
    throw new UsageError("plan: give either a text to plan, or --resume [ID] to go on with a plan.");
  if (resume === undefined && words.trim() === "")
    throw new UsageError('plan: say what is to be planned: nanocoder plan "what to do". See nanocoder plan --help.');
}

async function begin(flags: PlanFlags, notice: (line: string) => void): Promise<{ config: Config; resume: Resume }> {
  const machine = thisMachine();
  const { resume } = flags;
  if (resume === undefined) return { config: await readConfig(flags, machine), resume: {} };
  const id = resume === true ? newestOpen(await readConfig(flags, machine)) : resume;
  return resumed({ flags, machine, resume: { id }, notice });
}

function newestOpen({ home, cwd }: Config): string {
  const { sessions } = listSessions(home, { cwd, limit: LOOKED_AT });
  const open = sessions.find(({ path }) => {
    const plan = planOf(lastSaid(path, [PLAN]).states[PLAN]);
    return plan !== undefined && plan.phase !== "done";
  });
  if (open) return open.id;
  throw new UsageError(`plan --resume: there is no plan of ${cwd} that is not done. See nanocoder sessions.`);
}

/** How it ended, to be printed. */
type Ended = { exitCode: number; reason: string; summary?: Summary };
type Planning = Job & { flags: PlanFlags; request: string; out: ReturnType<typeof output> };

async function planned(planning: Planning): Promise<Ended> {
  const { opened, human, stop } = planning;
  const found = planIn(opened.agent.log.events);
  if (found === undefined && planning.flags.resume !== undefined)
    throw new UsageError(
      `The session ${opened.id} has no plan: go on with it by nanocoder -p "…" --resume ${opened.id}.`,
    );
  if (found?.phase === "done") return { exitCode: 0, reason: "done" };
  const plan = found === undefined || found.phase === "planning" ? await proposal(planning, found) : found;
  if (!("phase" in plan)) return plan;
  if (plan.phase === "running" || plan.phase === "failed") return worked(plan, planning);
  const said = await approved(plan, planning);
  if (said === "printed") {
    human.note(`Nothing was done yet. Work on it with: nanocoder plan --resume ${opened.id} --yes`);
    return { exitCode: 0, reason: "not approved yet" };
  }
  if (said === "left") return interrupted(stop.cause ?? "SIGINT", planning);
  if (said !== "refused") return worked(said, planning);
  human.note("The plan was not approved: nothing was done.");
  return { exitCode: 1, reason: "not approved" };
}

async function proposal(planning: Planning, found: Plan | undefined): Promise<Plan | Ended> {
  const { stop, human } = planning;
  try {
    const plan = await propose(found?.request ?? planning.request, planning);
    if (typeof plan !== "string") return plan;
    human.note(`nanocoder: ${plan}. Ask in other words, or for less.`);
    return { exitCode: 1, reason: plan };
  } catch (error) {
    if (stop.cause !== undefined) return interrupted(stop.cause, planning);
    human.note(`nanocoder: ${sentence(error)}\n${goOnWith(planning)}`);
    return { exitCode: 1, reason: sentence(error) };
  }
}

function goOnWith({ opened }: Planning): string {
  return `Go on with: nanocoder plan --resume ${opened.id}`;
}

function interrupted(cause: Interruption, planning: Planning): Ended {
  const { exitCode, reason } = summarise([{ type: "ended", outcome: "aborted", seq: 0, at: 0 }], cause);
  planning.human.note(`Interrupted. ${goOnWith(planning)}`);
  return { exitCode, reason };
}

async function approved(plan: Plan, planning: Planning): Promise<Plan | "printed" | "refused" | "left"> {
  const { opened, human, stop, config, flags } = planning;
  if (flags.yes) {
    human.note(planText(plan.steps));
    return plan;
  }
  const { stdin: input, stderr: output } = process;
  if (!(input.isTTY && output.isTTY)) return "printed";
  human.end();
  const editor = editorOf(process.env.VISUAL || process.env.EDITOR, config.childEnv);
  const { type, steps } = await approval(plan.steps, { input, output, signal: stop.signal, editor });
  const now = proposed(plan.request, steps);
  const kept: Plan = type === "refused" ? { ...now, phase: "refused" } : now;
  opened.agent.log.append(planFact(kept));
  return type === "approved" ? now : type;
}

async function worked(plan: Plan, planning: Planning): Promise<Ended> {
  const { opened, out, flags } = planning;
  // one that was ended for a question would not come back
  const human = flags.yes || !process.stderr.isTTY ? planning.human : progress(process.stderr, colours(process.stderr));
  try {
    const summary = await workOn(plan, { ...planning, human }, out.see);
    human.end();
    for (const line of deniedLines(summary.denials)) human.note(line);
    const now = planIn(opened.agent.log.events);
    if (now?.phase === "done") return { exitCode: summary.exitCode, reason: summary.reason, summary };
    const open = summary.exitCode === 0 || summary.exitCode === 4;
    const reason = now?.reason ?? (open ? "the run was ended before the plan was done" : summary.reason);
    human.note(`nanocoder: the plan is not done: ${reason}\n${goOnWith(planning)}`);
    return { exitCode: open ? 1 : summary.exitCode, reason, summary };
  } finally {
    human.end();
  }
}

function output({ outputFormat, includePartial }: PlanFlags, { opened, config, stop, first }: Job) {
  const { agent, id } = opened;
  const began = performance.now();
  const gone = () => stop.interrupt("output closed");
  const print = (words: string) => write(process.stdout, words, gone);
  const lines = lineMaker(id, includePartial ?? false);
  const tools = agent.tools.map(({ name }) => name);
  const streams = outputFormat === "stream-json";
  const info = { session: id, model: agent.model.id, cwd: config.cwd, tools, mode: config.mode };
  if (streams) tell(process.stdout, initLine(info), gone);
  return {
    see(item: Parameters<typeof lines>[0]) {
      if (streams) for (const line of lines(item)) tell(process.stdout, line, gone);
    },
    async end({ exitCode, reason, summary }: Ended): Promise<number> {
      const { events } = agent.log;
      const plan = planIn(events) ?? { phase: "planning", request: "", steps: [], replans: 0 };
      const all = summary ?? summarise(events.slice(first), stop.cause);
      const result = { id, plan, summary: all, reason, exitCode, ms: performance.now() - began };
      if (outputFormat !== "text") await print(jsonLine(planLine(result)));
      else if (plan.steps.length > 0 && (summary !== undefined || exitCode === 0)) await print(textOf(plan, summary));
      return exitCode;
    },
  };
}

function textOf(plan: Plan, summary: Summary | undefined): string {
  const shown = process.stdout.isTTY ? "terminal" : "file";
  if (summary) return planWords(plan, plan.phase === "done" ? summary.result : "", shown);
  const text = `${planText(plan.steps)}\n`;
  return shown === "terminal" ? visible(text) : text;
}
