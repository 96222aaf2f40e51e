import { UsageError } from "../../../app/usage-error.js";
import { duration, visible } from "../../../platform/text.js";
import { cutTo } from "../../columns.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import type { SlashCommand } from "../slash.js";

/** Columns of a command. */
const WIDE = 60;

type Words = { none: string; ended(id: string): string; kill: string };

const WORDS: Record<Locale, Words> = {
  en: {
    none: "No command runs in the background. The model starts one when it should not wait for it.",
    ended: (id) => `Ended ${id}.`,
    kill: "end one by its ID",
  },
  zh: {
    none: "没有后台命令在运行。模型不需要等待某个命令时会在后台启动它。",
    ended: (id) => `已结束 ${id}。`,
    kill: "按 ID 结束",
  },
};

/** `/jobs`: the commands that run in the background. */
export const jobCommands: readonly SlashCommand[] = [
  {
    name: "jobs",
    usage: "[kill ID]",
    about: { en: "commands that run in the background; ends one", zh: "后台运行的命令；可结束其中一个" },
    always: true,
    complete,
    run: (desk, words) => (words === "" ? list(desk) : kill(desk, words)),
  },
];

function complete({ opened, locale }: Desk, words: string) {
  if (!/^kill\s/.test(words)) return [{ value: "kill", label: "kill", about: WORDS[locale].kill }];
  return opened.background
    .running()
    .map(({ id, command }) => ({ value: id, label: id, about: cutTo(visible(command), WIDE) }));
}

function list({ ui, locale, opened }: Desk): void {
  const lines = opened.background.running().map(({ id, command, began, file }) => {
    const line = cutTo(visible(command.replace(/\s+/g, " ")), WIDE);
    return `${id}  ${duration(Date.now() - began)}  ${line}\n  ${visible(file)}`;
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
