import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFacts } from "../../../app/project-facts.js";
import { sentence } from "../../../core/run-tools.js";
import { visible } from "../../../platform/text.js";
import { writeWhole } from "../../../platform/write-whole.js";
import type { Locale } from "../locale.js";
import type { Ui } from "../port.js";
import { draftPrompt, plainDraft } from "./init-draft.js";

type Around = { ui: Ui; locale: Locale; cwd: string; signal: AbortSignal };

/**
 * `/init [WISH]` gives the prompt that has AGENTS.md written or improved, by the usual tools and permissions.
 * `/init --plain` writes it from facts alone, after showing it and a yes, and gives nothing.
 */
export async function initCommand(words: string, around: Around): Promise<string | undefined> {
  const { ui, locale, cwd, signal } = around;
  const wish = words.trim();
  const told = WORDS[locale];
  if (/^--(?!plain$)/.test(wish)) {
    ui.say({ type: "error", text: `/init takes --plain or words to the model, not "${visible(wish)}".` });
    return undefined;
  }
  const done = ui.busy(told.looking);
  try {
    const facts = await projectFacts(cwd, signal);
    if (wish !== "--plain") return draftPrompt(facts, wish);
    done();
    await writePlain(plainDraft(facts), around);
  } catch (error) {
    ui.say({ type: "error", text: visible(sentence(error)) });
  } finally {
    done();
  }
  return undefined;
}

async function writePlain(draft: string, { ui, locale, cwd }: Around): Promise<void> {
  const told = WORDS[locale];
  const path = join(cwd, "AGENTS.md");
  const before = lstatSync(path, { throwIfNoEntry: false });
  ui.say({ type: "markdown", text: visible(draft) });
  if (before?.isFile() && readFileSync(path, "utf8") === draft) return ui.say({ type: "note", text: told.same });
  if (before !== undefined && !before.isFile()) return ui.say({ type: "error", text: told.noFile });
  const items = [
    { value: true, label: before === undefined ? told.write : told.replace },
    { value: false, label: told.no },
  ];
  const title = before === undefined ? told.ask : told.there;
  const agreed = await ui.choose({ title, items, at: before ? 1 : 0, firm: true });
  // what was written while the question stood is not written over
  if (agreed) writeWhole(path, [Buffer.from(draft)], before);
  ui.say({ type: "note", text: agreed ? told.written : told.left });
}

const WORDS = {
  en: {
    looking: "looking at the project",
    ask: "Write this to AGENTS.md?",
    there: "AGENTS.md is there already. Replace all of it by this? (/init without --plain improves it.)",
    write: "Write it",
    replace: "Replace it",
    no: "No",
    written: "Written: AGENTS.md",
    left: "Nothing was written.",
    same: "AGENTS.md is that already.",
    noFile: "AGENTS.md is a link or a folder: it is not written over.",
  },
  zh: {
    looking: "正在查看项目",
    ask: "写入 AGENTS.md 吗？",
    there: "AGENTS.md 已经存在。要用以上内容整个替换吗？（不带 --plain 的 /init 会改进它。）",
    write: "写入",
    replace: "替换",
    no: "不写",
    written: "已写入 AGENTS.md",
    left: "没有写入任何内容。",
    same: "AGENTS.md 已是这些内容。",
    noFile: "AGENTS.md 是链接或文件夹，不会覆盖。",
  },
} satisfies Record<Locale, unknown>;
