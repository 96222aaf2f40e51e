import { wholeLog } from "../../../app/whole-log.js";
import type { SlashCommand } from "../slash.js";
import { initCommand } from "./init-command.js";

/** What is known of the folder, the machine and the session as a whole. */
export const projectCommands: readonly SlashCommand[] = [
  {
    name: "init",
    usage: "[--plain]",
    about: {
      en: "draft AGENTS.md from what is found here; --plain without the model",
      zh: "根据项目内容起草 AGENTS.md；--plain 不使用模型",
    },
    complete: () => [{ value: "--plain", label: "--plain" }],
    async run(desk, words) {
      const { ui, locale, config, signal } = desk;
      const prompt = await initCommand(words, { ui, locale, cwd: config.cwd, signal });
      if (prompt !== undefined) desk.post(prompt);
    },
  },
  {
    name: "export",
    usage: "[FILE.md | FILE.html]",
    about: { en: "write this session to a file", zh: "把此会话写入文件" },
    async run({ ui, locale, config, opened }, words) {
      const { cwd, userHome, keys } = config;
      const { exportCommand } = await import("./export-command.js");
      const events = wholeLog(opened.agent.log);
      await exportCommand(words, { ui, locale, cwd, userHome, keys, id: opened.id, events });
    },
  },
  {
    name: "doctor",
    usage: "",
    about: {
      en: "what is configured and reachable, and how to mend what is not",
      zh: "检查配置和连接，并说明如何修复",
    },
    async run(desk) {
      const { doctorCommand } = await import("./doctor-command.js");
      const { columns, rows } = process.stdout;
      return doctorCommand(desk.config, { env: process.env, columns: columns ?? 80, rows: rows ?? 24 }, desk);
    },
  },
];
