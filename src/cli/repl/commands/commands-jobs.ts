import { UsageError } from "../../../app/usage-error.js";
import { duration, visible } from "../../../platform/text.js";
import { fromHome } from "../../../platform/walk.js";
import { cutTo } from "../../columns.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import type { SlashCommand } from "../slash.js";
import { latestWords } from "../told/status-line.js";

/** Columns of a title. */
const WIDE = 60;

type Words = { none: string; ended(id: string): string; kill: string };

const WORDS: Record<Locale, Words> = {
  en: {
    none: "Nothing runs in the background. The model starts commands and sub-agents there when it should not wait for them.",
    ended: (id) => `Ended ${id}.`,
    kill: "end one by its ID",
  },
  zh: {
    none: "没有后台任务在运行。模型不需要等待某个命令或子智能体时会在后台启动它。",
    ended: (id) => `已结束 ${id}。`,
    kill: "按 ID 结束",
  },
};

/** `/jobs`: what runs in the background. */
export const jobCommands: readonly SlashCommand[] = [
  {
    name: "jobs",
    usage: "[kill ID]",
    about: { en: "what runs in the background; ends one", zh: "后台运行的任务；可结束其中一个" },
    always: true,
    complete,
    run: (desk, words) => (words === "" ? list(desk) : kill(desk, words)),
  },
];

function complete({ opened, locale }: Desk, words: string) {
  if (!/^kill\s/.test(words)) return [{ value: "kill", label: "kill", about: WORDS[locale].kill }];
  return opened.background
    .running()
    .map(({ id, title }) => ({ value: id, label: id, about: cutTo(visible(title), WIDE) }));
}

function list({ ui, locale, opened, config }: Desk): void {
  const lines = opened.background.running().map(({ id, title, began, file, latest }) => {
    const now = latest === "" ? "" : `\n  ${cutTo(visible(latestWords(latest)), WIDE)}`;
    return `${id}  ${duration(Date.now() - began)}  ${cutTo(visible(title), WIDE)}${now}\n  ${visible(fromHome(config.userHome, file))}`;
  });
  if (lines.length === 0) ui.say({ type: "note", text: WORDS[locale].none });
  else ui.say({ type: "text", text: lines.join("\n") });
}

async function kill({ ui, locale, opened }: Desk, words: string): Promise<void> {
  const [what, id = "", ...more] = words.split(/\s+/);
  if (what !== "kill" || id === "" || more.length > 0)
    throw new UsageError(`/jobs takes nothing or kill ID, not "${words}".`);
  if (!(await opened.background.end(id))) {
    const running = opened.background.running().map((each) => each.id);
    throw new UsageError(`/jobs kill: no "${id}" runs. Running: ${running.join(", ") || "none"}.`);
  }
  ui.say({ type: "note", text: WORDS[locale].ended(id) });
}
