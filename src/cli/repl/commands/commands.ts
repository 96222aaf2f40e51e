import { UsageError } from "../../../app/usage-error.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import { commandNamed, type SlashCommand } from "../slash.js";
import { compactCommands } from "./commands-compact.js";
import { jobCommands } from "./commands-jobs.js";
import { memoryCommands } from "./commands-memory.js";
import { type ListModels, modelCommands } from "./commands-model.js";
import { permissionCommands } from "./commands-permissions.js";
import { projectCommands } from "./commands-project.js";
import { scheduleCommands } from "./commands-schedule.js";
import { sessionCommands } from "./commands-session.js";
import { undoCommands } from "./commands-undo.js";
import { usageCommands } from "./commands-usage.js";
import { mcpCommands } from "./mcp-commands.js";
import { WORK_COMMANDS } from "./work-commands.js";

const WORDS: Record<Locale, { commands: string; keys: string; lines: readonly (readonly [string, string])[] }> = {
  en: {
    commands: "Commands",
    keys: "Keys and signs",
    lines: [
      ["Enter", "sends; Shift+Enter, Ctrl+J, or \\ at the end of a line, begins a new one"],
      ["Esc", "interrupts what is going on; Ctrl+C too, and twice at the prompt it exits"],
      ["Shift+Tab", "changes the permission mode"],
      ["Ctrl+O", "shows all that happened, unfolded"],
      ["Ctrl+R", "searches what was sent before"],
      ["Ctrl+G", "opens the prompt in your editor"],
      ["@path", "names a file; Tab completes"],
      ["!command", "runs a command yourself; the model is told"],
      ["#text", "is remembered for this folder"],
    ],
  },
  zh: {
    commands: "命令",
    keys: "按键与符号",
    lines: [
      ["Enter", "发送；Shift+Enter、Ctrl+J 或行末的 \\ 换行"],
      ["Esc", "中断当前工作；Ctrl+C 也可以，在提示符处连按两次退出"],
      ["Shift+Tab", "切换权限模式"],
      ["Ctrl+O", "展开查看全部经过"],
      ["Ctrl+R", "搜索以前发送过的内容"],
      ["Ctrl+G", "用你的编辑器编辑提示词"],
      ["@path", "指明文件；Tab 补全"],
      ["!command", "自己运行命令；模型会知道结果"],
      ["#text", "为此文件夹记住"],
    ],
  },
};

type Around = { all(): readonly SlashCommand[]; leave(): void; listModels: ListModels };

/** The commands of every session, in the order in which /help lists them. `all` adds those of the user's own files. */
export function builtinCommands({ all, leave, listModels }: Around): readonly SlashCommand[] {
  return [
    {
      name: "help",
      usage: "[COMMAND]",
      about: { en: "what there is, and which keys do what", zh: "有哪些命令，按键有什么作用" },
      always: true,
      complete: () => all().map(({ name, about }) => ({ value: name, label: name, about: about.en })),
      run: (desk, words) => help(desk, words, all()),
    },
    ...WORK_COMMANDS,
    ...modelCommands(listModels),
    ...permissionCommands,
    ...usageCommands,
    ...compactCommands,
    ...jobCommands,
    ...scheduleCommands,
    ...memoryCommands,
    ...sessionCommands,
    ...undoCommands,
    ...mcpCommands,
    ...projectCommands,
    {
      name: "exit",
      usage: "",
      about: { en: "leave; the session is kept", zh: "退出；会话会保留" },
      always: true,
      run: leave,
    },
  ];
}

function help({ ui, locale }: Desk, words: string, all: readonly SlashCommand[]): void {
  if (words !== "") {
    const command = commandNamed(words.replace(/^\//, ""), all);
    if (typeof command === "string") throw new UsageError(command);
    ui.say({ type: "text", text: `${shape(command)}\n  ${command.about[locale]}` });
    return;
  }
  const { commands, keys, lines } = WORDS[locale];
  const rows = all.map((command) => [shape(command), command.about[locale]] as const);
  const width = Math.min(28, Math.max(...[...rows, ...lines].map(([left]) => left.length)));
  const row = ([left, right]: readonly [string, string]) =>
    left.length > width ? `  ${left}\n  ${" ".repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`;
  ui.say({ type: "text", text: [commands, ...rows.map(row), "", keys, ...lines.map(row)].join("\n") });
}

function shape({ name, usage }: SlashCommand): string {
  return `/${name}${usage === "" ? "" : ` ${usage}`}`;
}
