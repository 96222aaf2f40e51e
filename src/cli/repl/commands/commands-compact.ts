import { compactOpened } from "../../../app/compact-now.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import type { SlashCommand } from "../slash.js";
import { counted } from "../told/folded.js";

type Words = {
  busy: string;
  done(before: number, after: number): string;
  nothing: string;
  failed: string;
  held: string;
  ended: string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    busy: "Compacting the conversation",
    done: (before, after) => `Compacted: about ${counted(before)} -> ${counted(after)} tokens.`,
    nothing: "There is nothing to compact: a summary would not make this conversation smaller.",
    failed: "No summary came: the conversation stays as it is.",
    held: "A PreCompact hook did not let the conversation be compacted.",
    ended: "Interrupted: nothing was compacted.",
  },
  zh: {
    busy: "正在压缩对话",
    done: (before, after) => `已压缩：约 ${counted(before)} -> ${counted(after)} token。`,
    nothing: "没有可压缩的内容：摘要不会使对话变小。",
    failed: "没有得到摘要：对话保持原样。",
    held: "PreCompact 钩子不允许压缩对话。",
    ended: "已中断：没有压缩。",
  },
};

/** `/compact`: a summary in place of the past, now. */
export const compactCommands: readonly SlashCommand[] = [
  {
    name: "compact",
    usage: "[FOCUS]",
    about: { en: "sum up the conversation, with an eye on FOCUS", zh: "压缩对话，可指定要保留的重点" },
    run: compact,
  },
];

async function compact(desk: Desk, focus: string): Promise<void> {
  const { ui, locale, opened, signal } = desk;
  const words = WORDS[locale];
  const done = ui.busy(words.busy);
  try {
    // what the command says itself is not said twice
    let failed = false;
    const see: typeof ui.see = (item) => {
      if (item.type === "status" && item.text.startsWith("The summary failed")) failed = true;
      if (item.type !== "compacted") ui.see(item);
    };
    const { before, after, held } = await compactOpened(opened, { focus, signal, see });
    const why = signal.aborted ? "ended" : held ? "held" : failed ? "failed" : "nothing";
    ui.say({ type: "note", text: after < before ? words.done(before, after) : words[why] });
  } finally {
    done();
  }
}
