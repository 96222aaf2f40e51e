import { readGoal } from "../../../app/goal-file.js";
import { initGoal } from "../../../app/goal-project.js";
import { agree } from "../../../app/goal-work.js";
import { UsageError } from "../../../app/usage-error.js";
import { contractFrom } from "../../../goals/logged.js";
import { endIn, GOAL, saidOfGoal } from "../../../goals/master.js";
import type { Contract } from "../../../goals/types.js";
import { contractText } from "../../../goals/write.js";
import { visible } from "../../../platform/text.js";
import { boardOf } from "../../goal-board.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import { givenIn } from "./goal-criteria.js";
import { isWords, workOnGoal } from "./goal-session.js";
import type { SessionGoal } from "./goal-words.js";

type Words = {
  none: string;
  over(how: string): string;
  open: string;
  goOn: string;
  leave: string;
  criterion(n: number): string;
  nothing: string;
  drafted(path: string): string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    none: "This session has no goal. Say one: /goal TEXT, then criteria, each on a line of its own, as DESC ||| COMMAND; or name a file: /goal goal.yaml. /goal init drafts one, /goal --help tells the rest.",
    over: (how) => `It is over: ${how}.`,
    open: "This goal is open.",
    goOn: "go on with it",
    leave: "leave it for now",
    criterion: (n) => `Criterion ${n}: what must be true ||| the command that proves it (nothing: that is all)`,
    nothing: "No criterion was given: nothing was begun.",
    drafted: (path) => `Drafted ${path}: say in it what is to be done, then /goal ${path}.`,
  },
  zh: {
    none: "此会话还没有目标。用 /goal 目标文字 说明，然后逐行给出条件：说明 ||| 命令；或指定文件：/goal goal.yaml。/goal init 起草一个，/goal --help 查看其余用法。",
    over: (how) => `目标已结束：${how}。`,
    open: "这个目标还没有结束。",
    goOn: "继续",
    leave: "暂时放下",
    criterion: (n) => `条件 ${n}：必须成立的事 ||| 证明它的命令（留空表示结束）`,
    nothing: "没有给出条件，什么也没有开始。",
    drafted: (path) => `已起草 ${path}：在里面写明要做什么，然后 /goal ${path}。`,
  },
};

/** `/goal`: agrees on a goal and works on it in this session, shows the one there is, or goes on with it. Throws a UsageError. */
export async function goalCommand(desk: Desk, words: string): Promise<void> {
  // a parser of command lines: loaded when one is typed
  const asked = (await import("./goal-words.js")).readGoalWords(words);
  const { ui, locale } = desk;
  switch (asked.type) {
    case "help":
      return ui.say({ type: "text", text: asked.text });
    case "show":
      return show(desk);
    case "resume":
      return resume(desk);
    case "init": {
      const { file } = asked;
      const { path } = await initGoal({ cwd: desk.config.cwd, ...(file !== undefined && { file }) }, desk.signal);
      return ui.say({ type: "note", text: WORDS[locale].drafted(path) });
    }
    case "goal":
      return begin(desk, asked);
  }
}

async function begin(desk: Desk, { flags, asked }: { flags: SessionGoal; asked: string | undefined }): Promise<void> {
  mayChange(desk);
  const { cwd } = desk.opened.ground;
  const wants = flags.criteria.length === 0 && isWords(asked, cwd);
  const given = wants ? await criteriaFrom(desk) : flags.criteria;
  if (wants && given.length === 0) return desk.ui.say({ type: "note", text: WORDS[desk.locale].nothing });
  const contract = await readGoal(asked, { ...flags, criteria: given }, cwd);
  agree(contract, desk.opened.agent.log);
  await workOnGoal(desk, contract, flags.force ? "forced" : "asked");
}

// a block of lines that is pasted into one field counts as lines
async function criteriaFrom({ ui, locale }: Desk): Promise<SessionGoal["criteria"]> {
  const lines: string[] = [];
  let [draft, left] = ["", false];
  while (!left) {
    const title = WORDS[locale].criterion(lines.length + 1);
    const line = await ui.fill({ title, lines: true, ...(draft !== "" && { text: draft }) });
    if (line === undefined) return [];
    draft = "";
    const typed = line.split(/\r?\n/).filter((each) => each.trim() !== "");
    left = typed.length === 0;
    try {
      givenIn(typed, lines.length + 1);
      lines.push(...typed);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      ui.say({ type: "error", text: error.message });
      draft = line;
    }
  }
  return givenIn(lines, 1);
}

async function show(desk: Desk): Promise<void> {
  const { ui, locale, opened } = desk;
  const { events } = opened.agent.log;
  const contract = goalOf(desk);
  if (!contract) return ui.say({ type: "note", text: WORDS[locale].none });
  const { over, open, goOn, leave } = WORDS[locale];
  const lines = [contractText(contract), "", ...boardOf(contract, events, locale)];
  ui.say({ type: "text", text: lines.join("\n") });
  const end = endIn(events);
  if (end) return ui.say({ type: "note", text: visible(over(`${end.outcome}: ${end.why}`)) });
  const items = [
    { value: "go on", label: goOn },
    { value: "leave", label: leave },
  ];
  if ((await ui.choose({ title: open, items })) === "go on") await resume(desk);
}

async function resume(desk: Desk): Promise<void> {
  const contract = goalOf(desk);
  if (!contract) throw new UsageError("/goal resume: this session has no goal. /goal TEXT gives it one.");
  const end = endIn(desk.opened.agent.log.events);
  if (end)
    throw new UsageError(`/goal resume: the goal of this session is over: ${end.outcome}. /goal TEXT begins another.`);
  mayChange(desk);
  await workOnGoal(desk, contract, "asked");
}

function goalOf({ opened }: Desk): Contract | undefined {
  return contractFrom(saidOfGoal(opened.agent.log.events, GOAL.contract));
}

function mayChange({ mode }: Desk): void {
  if (mode === "plan")
    throw new UsageError("/goal: in mode plan nothing can be changed. Leave it first (Shift+Tab), then say it again.");
}
