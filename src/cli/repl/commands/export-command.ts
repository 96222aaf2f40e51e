import { join, resolve } from "node:path";
import { UsageError } from "../../../app/usage-error.js";
import type { Event } from "../../../core/event.js";
import { sentence } from "../../../core/run-tools.js";
import { statOf } from "../../../platform/files.js";
import { redactor } from "../../../platform/secrets.js";
import { visible } from "../../../platform/text.js";
import { shownPath } from "../../../platform/walk.js";
import { writePrivate } from "../../../platform/write-whole.js";
import { formatOf } from "../../export-format.js";
import { htmlOf } from "../../session-html.js";
import { markdownOf } from "../../session-markdown.js";
import { storyOf } from "../../story.js";
import { writeNew } from "../../write-new.js";
import type { Locale } from "../locale.js";
import type { Ui } from "../port.js";

type Exported = {
  ui: Ui;
  locale: Locale;
  cwd: string;
  /** The user's home folder, for `~/`. */
  userHome: string;
  id: string;
  events: readonly Event[];
  /** What is never written to disk. */
  keys: readonly string[];
};

/** `/export [FILE.md|FILE.html]`: the session so far as a file; over one that is there only after a yes. Gives its path. */
export async function exportCommand(words: string, session: Exported): Promise<string | undefined> {
  const { ui, locale, cwd } = session;
  const told = WORDS[locale];
  try {
    const path = pathOf(words, session);
    const text = textOf(path, session);
    if (!writeNew(path, text) && !(await replaced(path, text, session))) {
      ui.say({ type: "note", text: told.left });
      return undefined;
    }
    ui.say({ type: "note", text: told.written(visible(shownPath(cwd, path))) });
    return path;
  } catch (error) {
    ui.say({ type: "error", text: visible(sentence(error)) });
    return undefined;
  }
}

function pathOf(words: string, { cwd, userHome, id }: Exported): string {
  const name = words
    .trim()
    .replace(/^(["'])(.*)\1$/, "$2")
    .replace(/^~(?=\/)/, userHome);
  const path = resolve(cwd, name);
  if (name === "" || statOf(path)?.isDirectory()) return join(path, `nanocoder-${id}.md`);
  if (formatOf(path) !== undefined) return path;
  throw new UsageError(`/export writes Markdown or HTML: give a name that ends in .md or .html, not "${name}".`);
}

function textOf(path: string, { id, events, keys }: Exported): string {
  const story = storyOf(id, redactor(keys).json(events));
  return formatOf(path) === "html" ? htmlOf(story) : markdownOf(story);
}

async function replaced(path: string, text: string, { ui, locale, cwd }: Exported): Promise<boolean> {
  const told = WORDS[locale];
  const items = [
    { value: true, label: told.replace },
    { value: false, label: told.keep },
  ];
  const agreed = await ui.choose({ title: told.there(visible(shownPath(cwd, path))), items, at: 1, firm: true });
  if (agreed) writePrivate(path, text);
  return agreed ?? false;
}

const WORDS = {
  en: {
    written: (path: string) => `Written: ${path}`,
    there: (path: string) => `${path} is there already. Replace it?`,
    replace: "Replace it",
    keep: "Keep it",
    left: "Nothing was written.",
  },
  zh: {
    written: (path: string) => `已写入 ${path}`,
    there: (path: string) => `${path} 已经存在。要替换吗？`,
    replace: "替换",
    keep: "保留",
    left: "没有写入任何内容。",
  },
} satisfies Record<Locale, unknown>;
