import { wholeLog } from "../../app/whole-log.js";
import { doctorCommand } from "./doctor-command.js";
import { exportCommand } from "./export-command.js";
import type { SlashCommand } from "./slash.js";

/** What is known of the folder, the machine and the session as a whole. */
export const projectCommands: readonly SlashCommand[] = [
  {
    name: "export",
    usage: "[FILE.md | FILE.html]",
    about: { en: "write this session to a file", zh: "把此会话写入文件" },
    async run({ ui, locale, config, opened }, words) {
      const { cwd, userHome, keys } = config;
      const events = wholeLog(opened.agent.log);
      await exportCommand(words, { ui, locale, cwd, userHome, keys, id: opened.id, events });
    },
  },
  {
    name: "doctor",
    usage: "",
    about: { en: "what is configured and reachable, and how to mend what is not", zh: "检查配置和连接,并说明如何修复" },
    run({ ui, config }) {
      const { columns, rows } = process.stdout;
      return doctorCommand(config, { env: process.env, columns: columns ?? 80, rows: rows ?? 24 }, ui);
    },
  },
];
