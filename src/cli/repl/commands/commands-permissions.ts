import { rulesOf } from "../../../app/policy.js";
import { UsageError } from "../../../app/usage-error.js";
import { nearest } from "../../../platform/text.js";
import { grantsOf } from "../../../plugins/grants.js";
import { MODES, type Mode } from "../../../plugins/permission.js";
import type { Rules } from "../../../plugins/rules.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import type { SlashCommand } from "../slash.js";

type Words = {
  modes: Record<Mode, string>;
  mode: string;
  none: string;
  rules(from: string): string;
  granted: string;
  sure: string;
  yes: string;
  no: string;
  kept(mode: Mode): string;
  already(mode: Mode): string;
  now(mode: Mode, about: string): string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    modes: {
      strict: "asks before each edit and each command that does more than read",
      default: "reads, edits in this folder, and commands in the sandbox run; all else is asked",
      plan: "only reads; changes nothing",
      auto: "asks nothing but what is firm; rules that forbid still count",
    },
    mode: "Mode",
    none: "No rules.",
    rules: (from) => `Rules of ${from}`,
    granted: "Allowed until this session ends",
    sure: "In mode auto edits and commands run unasked. Go on?",
    yes: "yes, ask no more",
    no: "no, leave it as it is",
    kept: (mode) => `The mode stays ${mode}.`,
    already: (mode) => `The mode is ${mode} already.`,
    now: (mode, about) => `Mode ${mode}: ${about}.`,
  },
  zh: {
    modes: {
      strict: "每次编辑和每条不只是读取的命令之前都询问",
      default: "读取、此文件夹内的编辑和沙箱中的命令直接执行；其余都询问",
      plan: "只读；不做任何更改",
      auto: "除必须确认的之外都不再询问；禁止规则仍然有效",
    },
    mode: "权限模式",
    none: "没有规则。",
    rules: (from) => `${from} 的规则`,
    granted: "本次会话内允许",
    sure: "auto 模式下编辑和命令不经询问直接执行。继续吗？",
    yes: "是，不再询问",
    no: "否，保持不变",
    kept: (mode) => `权限模式仍为 ${mode}。`,
    already: (mode) => `权限模式已经是 ${mode}。`,
    now: (mode, about) => `权限模式 ${mode}：${about}。`,
  },
};

/** `/permissions`: what is let through, and the mode. */
export const permissionCommands: readonly SlashCommand[] = [
  {
    name: "permissions",
    usage: `[${MODES.join("|")}]`,
    about: { en: "what is allowed and asked; changes the mode", zh: "查看允许与询问的规则；切换权限模式" },
    always: true,
    complete: ({ locale }) => MODES.map((mode) => ({ value: mode, label: mode, about: WORDS[locale].modes[mode] })),
    run: (desk, words) => (words === "" ? show(desk) : change(desk, words)),
  },
];

async function show(desk: Desk): Promise<void> {
  const { mode, locale, config, opened } = desk;
  const words = WORDS[locale];
  const grants = grantsOf(opened.agent.log);
  const parts = [
    `${words.mode} ${mode}: ${words.modes[mode]}`,
    ...sourcesOf(await rulesOf(config), words),
    ...(grants.length > 0 ? [`${words.granted}\n${grants.map((rule) => `  ${rule}`).join("\n")}`] : []),
  ];
  desk.ui.say({ type: "text", text: parts.join("\n\n") });
}

function sourcesOf(rules: Rules, words: Words): string[] {
  const all = (["deny", "ask", "allow"] as const).flatMap((verb) => rules[verb].map((rule) => ({ verb, ...rule })));
  if (all.length === 0) return [words.none];
  return [...new Set(all.map(({ from }) => from))].map((source) => {
    const lines = all.filter(({ from }) => from === source).map(({ verb, text }) => `  ${verb.padEnd(5)} ${text}`);
    return `${words.rules(source)}\n${lines.join("\n")}`;
  });
}

async function change(desk: Desk, said: string): Promise<void> {
  const { ui, locale } = desk;
  const words = WORDS[locale];
  const mode = MODES.find((each) => each === said);
  if (mode === undefined) throw new UsageError(unknown(said));
  const say = (text: string) => ui.say({ type: "note", text });
  if (mode === desk.mode) return say(words.already(mode));
  if (mode === "auto" && !(await isSure(desk))) return say(words.kept(desk.mode));
  desk.setMode(mode);
  say(words.now(mode, words.modes[mode]));
}

function unknown(said: string): string {
  const [near] = nearest(said, MODES);
  const hint = near === undefined ? `Choose one of ${MODES.join(", ")}.` : `Did you mean ${near}?`;
  return `/permissions: there is no mode "${said}". ${hint}`;
}

// nothing asks any more after this
async function isSure({ ui, locale }: Desk): Promise<boolean> {
  const { sure, yes, no } = WORDS[locale];
  const items = [
    { value: false, label: no },
    { value: true, label: yes },
  ];
  return (await ui.choose({ title: sure, items, firm: true })) ?? false;
}
