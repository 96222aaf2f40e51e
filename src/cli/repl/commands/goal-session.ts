import { goalSource } from "../../../app/goal-file.js";
import { agree, type GoalWork, goalWork } from "../../../app/goal-work.js";
import { UsageError } from "../../../app/usage-error.js";
import type { Delta, Event } from "../../../core/event.js";
import { last } from "../../../core/fold.js";
import type { Agent } from "../../../core/loop.js";
import { text } from "../../../core/message.js";
import type { Plugin } from "../../../core/plugin.js";
import { sentence } from "../../../core/run-tools.js";
import type { Session } from "../../../core/session.js";
import { readContract } from "../../../goals/contract.js";
import { endIn } from "../../../goals/master.js";
import type { Baseline, GoalEnd } from "../../../goals/progress.js";
import { summaryOf } from "../../../goals/report.js";
import type { Contract } from "../../../goals/types.js";
import { contractText, contractYaml } from "../../../goals/write.js";
import { lookup } from "../../../models/catalog.js";
import { visible } from "../../../platform/text.js";
import { budget } from "../../../plugins/limits.js";
import { VERIFY } from "../../../plugins/verify-options.js";
import { type Board, boardFor, boardOf } from "../../goal-board.js";
import { keepReport } from "../../goal-report.js";
import { haltOf, isBegun, notBegun, unableWords, watching, wordsFor } from "../../goal-rounds.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";

/** Work on a goal that took this long calls the person when it ends, in milliseconds. */
const LONG = 15_000;

type Words = {
  checking: string;
  unable: string;
  begin: string;
  edit: string;
  leave: string;
  kept(path: string): string;
  unkept(folder: string, why: string): string;
  goOn: string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    checking: "checking what holds already",
    unable: "Begin all the same?",
    begin: "begin all the same",
    edit: "edit the goal",
    leave: "do not begin",
    kept: (path) => `The report is in ${path}.md and ${path}.json.`,
    unkept: (folder, why) => `The report could not be kept in ${folder}: ${why}.`,
    goOn: "/goal resume goes on with it.",
  },
  zh: {
    checking: "正在检查哪些条件已经成立",
    unable: "仍然开始吗？",
    begin: "仍然开始",
    edit: "编辑目标",
    leave: "不开始",
    kept: (path) => `报告保存在 ${path}.md 和 ${path}.json。`,
    unkept: (folder, why) => `报告无法保存到 ${folder}：${why}。`,
    goOn: "用 /goal resume 继续。",
  },
};

/** Whether these words are the goal itself, and no file that holds one. */
export function isWords(asked: string | undefined, cwd: string): boolean {
  return asked !== undefined && goalSource(asked, cwd).type === "words";
}

/** Works on the session's newest goal until it ends or is interrupted, and reports. `forced`: also where a check cannot be run. */
export async function workOnGoal(desk: Desk, contract: Contract, how: "asked" | "forced"): Promise<void> {
  const { ui, locale, config, opened } = desk;
  checkPrice(contract, opened.agent);
  const began = Date.now();
  const limit = contract.limits.timeout === undefined ? undefined : AbortSignal.timeout(contract.limits.timeout);
  const signal = limit ? AbortSignal.any([desk.signal, limit]) : desk.signal;
  const { events } = opened.agent.log;
  const first = events.length;
  if (!isBegun(events)) ui.say({ type: "text", text: contractText(contract) });
  const goal = await goalWork(contract, { ...opened.ground, models: opened.models }, config.home);
  const board = boardFor(contract, events, locale);
  ui.board(board.lines);
  let edited: Contract | undefined;
  try {
    const checked = ui.busy(WORDS[locale].checking);
    const found = await goal.baseline(signal, board.doing).finally(checked);
    board.doing("");
    const said = signal.aborted ? "leave" : await mayBegin({ desk, contract, found, how });
    if (typeof said !== "string") edited = said;
    else if (said === "begin") await rounds({ desk, contract, goal, board }, signal);
    else if (!signal.aborted) return notBegun(opened.agent.log);
  } finally {
    ui.board();
  }
  if (edited) {
    agree(edited, opened.agent.log);
    return workOnGoal(desk, edited, how);
  }
  await report(desk, goal, { first, timeout: limit?.aborted === true && !desk.signal.aborted });
  if (Date.now() - began > LONG) ui.ring(`nanocoder: ${endIn(events)?.outcome ?? "interrupted"}`);
}

function checkPrice({ limits: { maxCost } }: Contract, { model }: Agent): void {
  if (maxCost === undefined || lookup(model.id)?.price) return;
  throw new UsageError(
    `--max-cost: the price of ${model.id} is not known, so its cost cannot be limited. Leave the limit out, or choose another model.`,
  );
}

type Beginning = { desk: Desk; contract: Contract; found: Baseline; how: "asked" | "forced" };

// a person may mend a goal whose checks cannot be run, or take it as it is
async function mayBegin({ desk, contract, found, how }: Beginning): Promise<"begin" | "leave" | Contract> {
  const { ui, locale, opened } = desk;
  const { events } = opened.agent.log;
  if (isBegun(events)) return "begin";
  ui.say({ type: "text", text: boardOf(contract, events, locale).join("\n") });
  const unable = how === "forced" ? undefined : unableWords(contract, found);
  if (unable === undefined) return "begin";
  ui.say({ type: "error", text: visible(unable) });
  const { unable: title, begin, edit, leave } = WORDS[locale];
  const items = [
    { value: "edit" as const, label: edit },
    { value: "begin" as const, label: begin },
    { value: "leave" as const, label: leave },
  ];
  const choice = (await ui.choose({ title, items, firm: true })) ?? "leave";
  return choice === "edit" ? ((await editedBy(desk, contract)) ?? "leave") : choice;
}

async function editedBy({ ui }: Desk, contract: Contract): Promise<Contract | undefined> {
  let draft: string | undefined = contractYaml(contract);
  while (draft !== undefined) {
    draft = await ui.edit(draft);
    if (draft === undefined) return undefined;
    const { file } = contract;
    const read = await readContract({ yaml: draft, ...(file !== undefined && { file }) });
    if (read.type === "contract") return read.contract;
    const lines = read.faults.map(({ why, at }) => (at ? `${at.line}:${at.column}: ${why}` : why));
    ui.say({ type: "error", text: visible(lines.join("\n")) });
  }
  return undefined;
}

type Running = { desk: Desk; contract: Contract; goal: GoalWork; board: Board };

async function rounds({ desk, contract, goal, board }: Running, signal: AbortSignal): Promise<void> {
  const { ui, locale, opened } = desk;
  const { agent } = opened;
  const { events } = agent.log;
  const words = wordsFor(contract, events);
  if (words !== undefined) agent.inbox.post({ parts: [text(words)], from: "user" });
  const hear = watching(board, () => ui.say({ type: "note", text: boardOf(contract, events, locale).join("\n") }));
  // a goal has checks of its own
  const own = agent.plugins.filter(({ name }) => name !== VERIFY);
  await desk.run({ ...agent, plugins: [...own, budget(contract.limits), heard(goal.plugin, hear)] }, signal);
}

// what a mechanism says on its way, and all facts
function heard(plugin: Plugin, hear: (item: Event | Delta) => void): Plugin {
  const listening = (session: Session): Session => ({
    ...session,
    emit(delta) {
      hear(delta);
      session.emit(delta);
    },
  });
  return {
    ...plugin,
    beforeStep: (session) => plugin.beforeStep?.(listening(session)),
    beforeStop: (session) => plugin.beforeStop?.(listening(session)),
    onEvent: hear,
  };
}

type Ended = { first: number; timeout: boolean };

async function report(desk: Desk, goal: GoalWork, { first, timeout }: Ended): Promise<void> {
  const { ui, locale, config, opened, signal } = desk;
  const { events } = opened.agent.log;
  const ended = last(events.slice(first), "ended");
  const left: GoalEnd = { outcome: "interrupted", why: signal.aborted ? sentence(signal.reason) : "it was left" };
  const halt = timeout || ended ? haltOf(ended, timeout ? "timeout" : undefined) : left;
  const result = await goal.result(halt);
  const { kept, unkept, goOn } = WORDS[locale];
  ui.say({ type: "text", text: visible(summaryOf(result)) });
  const report = keepReport(config.home, result, events);
  ui.say({ type: "note", text: "path" in report ? kept(report.path) : unkept(report.folder, report.why) });
  if (!endIn(events)) ui.say({ type: "note", text: goOn });
}
