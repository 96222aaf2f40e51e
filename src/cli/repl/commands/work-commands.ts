import type { Completion } from "../port.js";
import type { SlashCommand } from "../slash.js";
import { evalCommand } from "./eval-command.js";
import { gatewayCommand } from "./gateway-command.js";
import { goalCommand } from "./goal-command.js";
import { planCommand } from "./plan-command.js";

// not behind an `import()`: what commands leave running is known to the bundle that started them, and a goal ends it
/** The commands that work until something is proved, and what tells of it. */
export const WORK_COMMANDS: readonly SlashCommand[] = [
  {
    name: "goal",
    usage: "[TEXT | FILE | resume | init]",
    about: {
      en: "work until every criterion is proved; criteria one a line, DESC ||| COMMAND",
      zh: "一直工作到每个条件都被证明；条件逐行写：说明 ||| 命令",
    },
    complete: (_, words) => completions(words, ["resume", "init"]),
    run: goalCommand,
  },
  {
    name: "plan",
    usage: "[TEXT | go | resume]",
    about: {
      en: "plan first, then work step by step; alone it turns mode plan on",
      zh: "先计划，再逐步执行；单独使用则开启计划模式",
    },
    complete: (_, words) => completions(words, ["go", "resume"]),
    run: planCommand,
  },
  {
    name: "eval",
    usage: "[all] [fix]",
    about: {
      en: "check what the last prompt changed, or all that git calls changed; fix has the model mend it",
      zh: "检查上一条提示词改动的文件，或 git 认为改动过的全部文件；fix 让模型修复",
    },
    complete: (_, words) => completions(words, ["all", "fix"]),
    run: evalCommand,
  },
  {
    name: "gateway",
    usage: "",
    about: {
      en: "the models, how each stands, and what each did in this session",
      zh: "各个模型的状态，以及在此会话中的调用",
    },
    always: true,
    run: gatewayCommand,
  },
];

function completions(words: string, all: readonly string[]): Completion[] {
  const last = words.split(/\s+/).at(-1) ?? "";
  return all.filter((each) => each.startsWith(last)).map((value) => ({ value, label: value }));
}
