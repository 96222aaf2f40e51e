import { join } from "node:path";
import { sentence } from "../../../core/run-tools.js";
import { visible } from "../../../platform/text.js";
import { shownPath } from "../../../platform/walk.js";
import { expand, listUserCommands, type UserCommand } from "../../../store/command-files.js";
import { alike, type Skill, skillPlaces, skillReader } from "../../../store/skill-files.js";
import type { Locale } from "../locale.js";
import type { Completion, Ui } from "../port.js";

type Where = { home: string; cwd: string; builtins: readonly string[] };

/**
 * The user's commands and the project's, and their skills. One whose name is taken, by a command of ours or by the user's own, is
 * called `user:name` or `project:name`.
 */
export async function userCommands({ home, cwd, builtins }: Where): Promise<UserCommand[]> {
  const all = await listUserCommands([
    { folder: join(home, "commands"), from: "user" },
    { folder: join(cwd, ".nanocoder/commands"), from: "project", within: cwd },
  ]);
  const skills = (await skillReader(skillPlaces({ home, cwd }))()).filter(({ callable }) => callable).map(asCommand);
  const whose = (from: UserCommand["from"]) => [...all, ...skills].filter((command) => command.from === from);
  const taken = new Set(builtins.map(alike));
  return [...whose("user"), ...whose("project")].flatMap((command) => {
    const longer = `${command.lead === undefined ? command.from : "skill"}:${command.name}`;
    const names = poses(command) ? [longer] : [command.name, longer];
    const name = names.find((each) => !taken.has(alike(each)));
    if (name === undefined) return [];
    taken.add(alike(name));
    return [{ ...command, name }];
  });
}

// in a folder that is called like whose it would be
function poses({ from, name, lead }: UserCommand): boolean {
  return from === "project" && lead === undefined && /^(user|skill):/i.test(name.normalize("NFKC"));
}

// a file that cannot be read as it should be still has its text
function asCommand({ problem: _, folder, name, ...skill }: Skill): UserCommand {
  return { ...skill, name, lead: `Use the skill ${name}. Paths in it start in ${folder}.` };
}

/** A command as it is offered: what it is for, what it wants, and whose it is. */
export function offered({ name, hint, description, problem, from }: UserCommand): Completion {
  const about = problem ?? [hint, description].filter((each) => each !== undefined).join("  ");
  return { value: `/${name}`, label: visible(`/${name}`), about: visible(`${about} (${from})`) };
}

type Using = { ui: Ui; locale: Locale; cwd: string; trusted: boolean };

/**
 * The prompt that a command gives, and the model it wants. A project that is not trusted has its whole text shown and
 * asked about, and chooses no model. Nothing in a command runs: `!` lines are text. Undefined: it is not to be sent.
 */
export async function useCommand(
  command: UserCommand,
  args: string,
  { ui, locale, cwd, trusted }: Using,
): Promise<{ text: string; model?: string } | undefined> {
  const words = WORDS[locale];
  const strange = command.from === "project" && !trusted;
  const text = expanded(command, args, ui);
  if (text === undefined) return undefined;
  ui.say({ type: "note", text: words.from(visible(shownPath(cwd, command.path))) });
  if (/^\s*!`|`!`|!`[^`]+`/m.test(text)) ui.say({ type: "note", text: words.notRun });
  if (!strange) return { text, ...(command.model && { model: command.model }) };
  ui.say({ type: "text", text: visible(text) });
  const items = [
    { value: true, label: words.send },
    { value: false, label: words.no },
  ];
  const agreed = await ui.choose({ title: words.strange, items, at: 1, firm: true });
  return agreed ? { text } : undefined;
}

function expanded(command: UserCommand, args: string, ui: Ui): string | undefined {
  try {
    return expand(command, args);
  } catch (error) {
    ui.say({ type: "error", text: visible(sentence(error)) });
    return undefined;
  }
}

const WORDS = {
  en: {
    from: (path: string) => `from ${path}`,
    notRun: "Commands in !`…` are not run: the model reads them as text.",
    strange: "This folder is not trusted. Send this text of it?",
    send: "Send",
    no: "No",
  },
  zh: {
    from: (path: string) => `来自 ${path}`,
    notRun: "!`…` 中的命令不会执行，模型只会看到文本。",
    strange: "这个文件夹尚未被信任。要发送它提供的这段文字吗？",
    send: "发送",
    no: "不发送",
  },
} satisfies Record<Locale, unknown>;
