import { homedir } from "node:os";
import { visible } from "../../../platform/text.js";
import { fromHome } from "../../../platform/walk.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";

const WORDS: Record<Locale, string> = {
  en: "/help lists commands and keys; Esc interrupts, Ctrl+D exits.",
  zh: "/help 列出命令与按键；Esc 中断，Ctrl+D 退出。",
};

/** Characters of the folder that are shown: its end tells most. */
const FOLDER = 48;

/** What a new session begins with: the version, who answers, the folder, and how to get help. */
export function greeting({ config, opened, locale }: Desk, version: string): string {
  const folder = shortened(config.cwd, homedir());
  return `nanocoder ${version} · ${visible(opened.agent.model.id)} · ${visible(folder)}\n${WORDS[locale]}`;
}

function shortened(path: string, home: string): string {
  const known = fromHome(home, path);
  return known.length <= FOLDER ? known : `…${known.slice(known.length - FOLDER + 1)}`;
}
