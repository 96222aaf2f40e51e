import { UsageError } from "../../../app/usage-error.js";
import { nearest, visible } from "../../../platform/text.js";
import { memoriesOf } from "../../../store/memories.js";
import type { Memory } from "../../../store/memory-file.js";
import { MEMORY_COMMANDS, type MemoryWhat } from "../../asked.js";
import { forgetThese, SHOWN, tableOf } from "../../memory-told.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import { rememberLine } from "../remember-line.js";
import type { SlashCommand } from "../slash.js";

type Words = {
  about: Record<MemoryWhat, string>;
  none: string;
  nothing(words: string): string;
  forgot(id: string, text: string): string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    about: { list: "all of it", add: "remember a text", search: "what fits some words", forget: "by its ID" },
    none: "Nothing is remembered for this folder. /memory add TEXT does, and so does #text.",
    nothing: (words) => `Nothing that is remembered fits "${words}".`,
    forgot: (id, text) => `Forgot ${id}: ${text}`,
  },
  zh: {
    about: { list: "全部", add: "记住一段文字", search: "查找相关内容", forget: "按 ID 忘记" },
    none: "此文件夹还没有记忆。用 /memory add TEXT 或 #text 添加。",
    nothing: (words) => `没有与“${words}”相关的记忆。`,
    forgot: (id, text) => `已忘记 ${id}：${text}`,
  },
};

/** `/memory`: what is remembered for this folder and for every folder. */
export const memoryCommands: readonly SlashCommand[] = [
  {
    name: "memory",
    usage: "[list|add TEXT|search WORDS|forget ID]",
    about: { en: "what is remembered across sessions", zh: "跨会话的记忆" },
    always: true,
    complete,
    run: (desk, words) => {
      const [, name = "", rest = ""] = /^(\S*)\s*([\s\S]*)$/.exec(words) ?? [];
      return { list, add: rememberLine, search, forget }[whatOf(name)](desk, rest);
    },
  },
];

async function complete(desk: Desk, words: string) {
  if (/^forget\s/.test(words)) {
    const memories = await memoriesIn(desk);
    return memories.map(({ id, text }) => ({ value: id, label: id, about: text }));
  }
  if (/\s/.test(words)) return [];
  return MEMORY_COMMANDS.map((name) => ({ value: name, label: name, about: WORDS[desk.locale].about[name] }));
}

function whatOf(name: string): MemoryWhat {
  if (name === "") return "list";
  const what = MEMORY_COMMANDS.find((each) => each === name);
  if (what) return what;
  const [near] = nearest(name, MEMORY_COMMANDS);
  throw new UsageError(
    `/memory: there is no "${name}". Did you mean ${near ?? `one of ${MEMORY_COMMANDS.join(", ")}`}?`,
  );
}

async function list(desk: Desk, words: string): Promise<void> {
  if (words !== "") throw new UsageError(`/memory list takes no words. /memory search ${words} looks for some.`);
  show(desk, await memoriesIn(desk), WORDS[desk.locale].none);
}

async function search(desk: Desk, words: string): Promise<void> {
  if (words === "") throw new UsageError("/memory search wants some words to look for.");
  const { findMemories } = await import("../../../store/memory-search.js");
  const found = findMemories(await memoriesIn(desk), words).slice(0, SHOWN);
  show(desk, found, WORDS[desk.locale].nothing(visible(words)));
}

function show({ ui }: Desk, memories: readonly Memory[], none: string): void {
  if (memories.length === 0) ui.say({ type: "note", text: none });
  else ui.say({ type: "text", text: tableOf(memories, undefined).join("\n") });
}

async function forget(desk: Desk, words: string): Promise<void> {
  if (words === "") throw new UsageError("/memory forget wants an ID: see /memory list.");
  const ids = words.split(/\s+/);
  const gone = await forgetThese(placeOf(desk), await memoriesIn(desk), { ids, list: "/memory list" });
  for (const { id, text } of gone) desk.ui.say({ type: "note", text: WORDS[desk.locale].forgot(id, visible(text)) });
}

async function memoriesIn(desk: Desk): Promise<Memory[]> {
  const { memories, notices } = await memoriesOf(placeOf(desk));
  for (const text of notices) desk.ui.say({ type: "note", text });
  return memories;
}

function placeOf({ config: { home, cwd } }: Desk): { home: string; cwd: string } {
  return { home, cwd };
}
