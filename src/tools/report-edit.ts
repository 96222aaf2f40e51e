import { text } from "../core/message.js";
import type { Result } from "../core/tool.js";
import { unifiedDiff } from "../platform/diff.js";
import { headTail } from "../platform/text.js";

/** Characters of a diff: what the model reads, what a screen gets. */
const MOST = { model: 3000, screen: 100_000 };

export type Edit = { path: string; before: string; after: string; lead: string; warning?: string | undefined };

/** What the model reads of a changed file, and the diff for the screen. */
export async function reportEdit({ path, before, after, lead, warning }: Edit): Promise<Result> {
  const { text: diff, added, removed } = await unifiedDiff(path, before, after);
  const { head, cut } = headTail(diff.trimEnd(), { head: MOST.model, tail: 0 });
  const more = cut > 0 ? `\n[diff cut: ${cut} characters more]` : "";
  const words =
    [`${lead} (+${added} -${removed})`, warning ?? "", head].filter((line) => line !== "").join("\n") + more;
  return { parts: [text(words)], details: { path, added, removed, diff: diff.slice(0, MOST.screen) } };
}
