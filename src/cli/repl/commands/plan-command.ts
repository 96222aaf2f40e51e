import { MODE } from "../../../app/session-settings.js";
import { UsageError } from "../../../app/usage-error.js";
import type { Event } from "../../../core/event.js";
import { last } from "../../../core/fold.js";
import { plainText, text } from "../../../core/message.js";
import { visible } from "../../../platform/text.js";
import { MODES, type Mode } from "../../../plugins/permission.js";
import { planText } from "../../../plugins/plan-format.js";
import { PLAN, type Plan, planFact, planIn, planOf, proposed } from "../../../plugins/plan-state.js";
import { type Asking, agreedOn } from "../../plan-approval.js";
import { askForPlan } from "../../plan-work.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import { carryOut } from "./plan-session.js";

type Words = {
  on: string;
  still: string;
  mode(mode: Mode): string;
  planning: string;
  interrupted: string;
  title: string;
  approve: string;
  edit: string;
  refuse: string;
  refused: string;
  left: string;
  stays(why: string): string;
  noEditor: string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    on: "Mode plan: the model reads and plans, and changes nothing. Say what is to be planned; /plan go has it carried out, Shift+Tab leaves the mode.",
    still: "Mode plan is on. /plan go has the model's plan carried out, Shift+Tab leaves the mode.",
    mode: (mode) => `Permission mode ${mode}.`,
    planning: "planning",
    interrupted: "Interrupted. /plan resume goes on with it.",
    title: "Work on this plan?",
    approve: "approve: work on it step by step",
    edit: "edit it",
    refuse: "refuse it",
    refused: "The plan was not approved: nothing was done.",
    left: "Nothing was done yet. /plan resume asks again.",
    stays: (why) => `The plan stays as it was: ${why}`,
    noEditor: "it was left without saving, or no editor is set",
  },
  zh: {
    on: "计划模式：模型只阅读和计划，不改动任何东西。说明要计划什么；/plan go 开始执行，Shift+Tab 离开此模式。",
    still: "计划模式已开启。/plan go 执行模型的计划，Shift+Tab 离开此模式。",
    mode: (mode) => `权限模式 ${mode}。`,
    planning: "正在计划",
    interrupted: "已中断。用 /plan resume 继续。",
    title: "按这个计划工作吗？",
    approve: "批准：逐步执行",
    edit: "编辑",
    refuse: "拒绝",
    refused: "计划没有被批准，什么也没有做。",
    left: "还没有做任何事。/plan resume 会再次询问。",
    stays: (why) => `计划保持原样：${why}`,
    noEditor: "没有保存就退出了，或没有设置编辑器",
  },
};

/** What the model is told when a plan that it made in mode plan is approved. */
const CARRY_OUT = "The plan above is approved. Carry it out now.";

/** `/plan`: plans a text and works on it, goes on with a plan, or turns mode plan on; `/plan go` approves. Throws a UsageError. */
export async function planCommand(desk: Desk, words: string): Promise<void> {
  const asked = words.trim();
  if (asked === "") return modeOn(desk);
  if (asked === "go") return go(desk);
  if (asked === "resume") return resume(desk);
  desk.opened.agent.log.append(planFact({ phase: "planning", request: asked, steps: [], replans: 0 }));
  await propose(desk, asked);
}

function modeOn(desk: Desk): void {
  const { on, still } = WORDS[desk.locale];
  const text = desk.mode === "plan" ? still : on;
  desk.setMode("plan");
  desk.ui.say({ type: "note", text });
}

async function go(desk: Desk): Promise<void> {
  const { agent } = desk.opened;
  const { events } = agent.log;
  const plan = planIn(events);
  const since = events.slice(events.findLastIndex((event) => event.type === "state" && event.key === PLAN) + 1);
  const waits = plan?.phase === "proposed" && last(since, "reply") === undefined;
  if (waits) return approve(desk, plan);
  if (desk.mode !== "plan") throw new UsageError("/plan go: there is no plan to approve. /plan TEXT makes one.");
  const switched = events.findLastIndex((event) => event.type === "state" && event.key === MODE);
  if (last(events.slice(switched + 1), "reply") === undefined)
    throw new UsageError(
      "/plan go: the model has not planned anything yet in mode plan. Say what is to be planned first.",
    );
  leaveMode(desk);
  desk.post(CARRY_OUT);
}

async function resume(desk: Desk): Promise<void> {
  const plan = planIn(desk.opened.agent.log.events);
  if (plan === undefined) throw new UsageError("/plan resume: this session has no plan. /plan TEXT makes one.");
  switch (plan.phase) {
    case "planning":
      return propose(desk, plan.request);
    case "proposed":
    case "refused":
      return decide(desk, plan);
    case "running":
    case "failed":
      return approve(desk, plan);
    case "done":
      throw new UsageError("/plan resume: the plan of this session is done. /plan TEXT makes another.");
  }
}

async function propose(desk: Desk, request: string): Promise<void> {
  const { ui, locale, opened, signal } = desk;
  const ready = ui.busy(WORDS[locale].planning);
  const plan = await askForPlan(request, { ...opened.ground, models: opened.models }, signal)
    .catch((error: unknown) => {
      if (!signal.aborted) throw error;
    })
    .finally(ready);
  if (plan === undefined) return ui.say({ type: "note", text: WORDS[locale].interrupted });
  if (typeof plan === "string") throw new UsageError(`/plan: ${plan}. Ask in other words, or for less.`);
  await decide(desk, plan);
}

async function decide(desk: Desk, plan: Plan): Promise<void> {
  const { ui, locale, opened } = desk;
  const { type, steps } = await agreedOn(plan.steps, askingOf(desk));
  const now = proposed(plan.request, steps);
  opened.agent.log.append(planFact(type === "refused" ? { ...now, phase: "refused" } : now));
  const { refused, left } = WORDS[locale];
  if (type !== "approved") return ui.say({ type: "note", text: type === "refused" ? refused : left });
  await approve(desk, now);
}

function askingOf({ ui, locale }: Desk): Asking {
  const { title, approve, edit, refuse, stays, noEditor } = WORDS[locale];
  const items = [
    { value: "approved" as const, label: approve },
    { value: "edit" as const, label: edit },
    { value: "refused" as const, label: refuse },
  ];
  return {
    show: (steps) => ui.say({ type: "text", text: visible(planText(steps)) }),
    choose: async () => (await ui.choose({ title, items, firm: true })) ?? "left",
    edit: async (markdown) => {
      const text = await ui.edit(markdown);
      return text === undefined ? { fault: noEditor } : { text };
    },
    tell: (fault) => ui.say({ type: "error", text: visible(stays(fault)) }),
  };
}

async function approve(desk: Desk, plan: Plan): Promise<void> {
  const { log } = desk.opened.agent;
  if (desk.mode === "plan") leaveMode(desk);
  if (!isTold(plan, log.events)) log.append({ type: "prompt", parts: [text(plan.request)], from: "user" });
  await carryOut(desk, plan);
}

// the request stands in the conversation once its plan is approved: one that was refused must not be worked on
function isTold({ request }: Plan, events: readonly Event[]): boolean {
  const from = events.findLastIndex(
    (event) => event.type === "state" && event.key === PLAN && planOf(event.value)?.phase === "planning",
  );
  return events.slice(from + 1).some((event) => event.type === "prompt" && plainText(event.parts) === request);
}

// a session that was opened in mode plan gets no more leave than the default by it
function leaveMode(desk: Desk): void {
  const { config, opened, ui, locale } = desk;
  const modes = opened.agent.log.events.flatMap((event) => {
    const mode = event.type === "state" && event.key === MODE ? MODES.find((each) => each === event.value) : undefined;
    return mode === undefined || mode === "plan" ? [] : [mode];
  });
  const usual = config.mode === "plan" ? "default" : config.mode;
  const before = modes.at(-1) ?? usual;
  const mode = config.mode === "plan" && before !== "strict" ? "default" : before;
  desk.setMode(mode);
  ui.say({ type: "note", text: WORDS[locale].mode(mode) });
}
