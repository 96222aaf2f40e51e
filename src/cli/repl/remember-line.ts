import { UsageError } from "../../app/usage-error.js";
import { wishesIn } from "../../plugins/memory-rules.js";
import { addMemory, textFault } from "../../store/memories.js";
import type { Desk } from "./desk.js";
import type { Locale } from "./locale.js";

const WORDS: Record<Locale, { added(id: string): string; known(id: string): string }> = {
  en: {
    added: (id) => `Remembered as ${id} for this folder. /memory forget ${id} takes it back.`,
    known: (id) => `Known already as ${id}.`,
  },
  zh: {
    added: (id) => `已为此文件夹记住（${id}）。/memory forget ${id} 可以撤销。`,
    known: (id) => `早已记住（${id}）。`,
  },
};

/** `#text`: keeps it as a memory of this folder. Throws a UsageError for what cannot be kept. */
export async function rememberLine({ config, opened, ui, locale }: Desk, words: string): Promise<void> {
  const { redact } = opened.ground;
  const fault = textFault(words, redact);
  if (fault !== undefined) throw new UsageError(fault);
  const kind = wishesIn([words])[0]?.kind ?? "project";
  const draft = { text: words, scope: "project", importance: 0.8, kind } as const;
  const { memory, known, notices } = await addMemory({ home: config.home, cwd: config.cwd }, draft, redact);
  for (const text of notices) ui.say({ type: "note", text });
  const say = WORDS[locale];
  ui.say({ type: "note", text: known ? say.known(memory.id) : say.added(memory.id) });
}
