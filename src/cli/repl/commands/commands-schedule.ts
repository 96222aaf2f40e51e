import { UsageError } from "../../../app/usage-error.js";
import { sentence } from "../../../core/run-tools.js";
import { visible } from "../../../platform/text.js";
import { wishIn } from "../../../plugins/schedule-times.js";
import { type LineWords, scheduleLine } from "../../../plugins/schedule-words.js";
import type { Schedule } from "../../../store/schedule-file.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import type { SlashCommand } from "../slash.js";

const WHAT = ["list", "add", "remove"] as const;
type What = (typeof WHAT)[number];
type Words = { about: Record<What, string>; none: string; added: string; removed: string; line?: LineWords };

const WORDS: Record<Locale, Words> = {
  en: {
    about: { list: "all of them", add: "[--durable] [--zone NAME] WHEN PROMPT", remove: "one by its ID" },
    none: 'Nothing is scheduled. /schedule add every 30m PROMPT does, and so does "at 15:30" or five fields of cron.',
    added: "Scheduled: ",
    removed: "Removed: ",
  },
  zh: {
    about: { list: "全部", add: "[--durable] [--zone NAME] 时间 提示词", remove: "按 ID 删除" },
    none: "没有定时任务。用 /schedule add every 30m 提示词 添加，也可以用 at 15:30 或五段 cron。",
    added: "已安排：",
    removed: "已删除：",
    line: {
      every: "每隔",
      once: "一次",
      next: "下次",
      until: "截止",
      waits: "等待送达",
      durable: "持久",
      session: "本会话",
      between: "；",
      colon: "：",
    },
  },
};

/** `/schedule`: prompts for later. */
export const scheduleCommands: readonly SlashCommand[] = [
  {
    name: "schedule",
    usage: "[list|add WHEN PROMPT|remove ID]",
    about: { en: "prompts that come later, once or again and again", zh: "以后执行的提示词，一次或反复" },
    always: true,
    complete,
    run: async (desk, words) => {
      const [, name = "", rest = ""] = /^(\S*)\s*([\s\S]*)$/.exec(words) ?? [];
      const what = name === "" ? "list" : WHAT.find((each) => each === name);
      if (!what) throw new UsageError(`/schedule takes list, add WHEN PROMPT or remove ID, not "${name}".`);
      await { list, add, remove }[what](desk, rest);
    },
  },
];

function complete({ schedules, locale }: Desk, words: string) {
  if (/^remove\s/.test(words))
    return schedules.list().map(({ id, prompt }) => ({ value: id, label: id, about: visible(prompt) }));
  if (/\s/.test(words)) return [];
  return WHAT.map((name) => ({ value: name, label: name, about: WORDS[locale].about[name] }));
}

function lineOf(schedule: Schedule, locale: Locale): string {
  return visible(scheduleLine(schedule, WORDS[locale].line));
}

function list({ ui, locale, schedules }: Desk, words: string): void {
  if (words !== "") throw new UsageError("/schedule list takes no words.");
  const lines = schedules.list().map((each) => lineOf(each, locale));
  if (lines.length === 0) ui.say({ type: "note", text: WORDS[locale].none });
  else ui.say({ type: "text", text: lines.join("\n") });
}

async function add({ ui, locale, schedules }: Desk, words: string): Promise<void> {
  const [flags = ""] = /^(?:--durable\s+|--zone\s+\S+\s+)*/.exec(words) ?? [];
  const [, zone] = /--zone\s+(\S+)/.exec(flags) ?? [];
  const durable = flags.includes("--durable");
  try {
    const { wished, prompt } = wishIn(words.slice(flags.length));
    const added = await schedules.add({ ...wished, zone, prompt, durable });
    ui.say({ type: "note", text: `${WORDS[locale].added}${lineOf(added, locale)}` });
  } catch (error) {
    throw new UsageError(`/schedule add: ${sentence(error)}`);
  }
}

async function remove({ ui, locale, schedules }: Desk, id: string): Promise<void> {
  const removed = await schedules.remove(id);
  if (removed) return ui.say({ type: "note", text: `${WORDS[locale].removed}${lineOf(removed, locale)}` });
  const known = schedules.list().map((each) => each.id);
  const why = id === "" ? "say which, by its ID" : `there is no "${id}"`;
  throw new UsageError(`/schedule remove: ${why}. There are: ${known.join(", ") || "none"}.`);
}
