import { visible } from "../../platform/text.js";
import { counted, type Look } from "./folded.js";
import type { Locale } from "./locale.js";

const WORDS: Record<Locale, { keys: string; searching: string; none: string; found: string }> = {
  en: {
    keys: "↑↓ PgUp PgDn Home End · Tab next call · / search · q close",
    searching: "Enter finds · Esc leaves",
    none: "not found",
    found: "n next · N previous · / search · q close",
  },
  zh: {
    keys: "↑↓ PgUp PgDn Home End · Tab 下一个调用 · / 搜索 · q 关闭",
    searching: "Enter 查找 · Esc 取消",
    none: "未找到",
    found: "n 下一个 · N 上一个 · / 搜索 · q 关闭",
  },
};

type Position = { at: number; of: number; share: number };

/** Where the person is in the session, and what the keys do. */
export function footerOf(
  { at, of, share }: Position,
  { query, typing, found }: { query: string; typing: boolean; found: "yes" | "no" },
  { theme, locale }: Look,
): string {
  const words = WORDS[locale];
  if (typing) return `/${visible(query)}${theme.chosen(" ")} ${theme.dim(words.searching)}`;
  const position = `${counted(Math.min(at + 1, of))}/${counted(of)} ${Math.round(share * 100)}%`;
  const sought = query === "" ? "" : ` /${visible(query)}${found === "no" ? ` ${theme.warn(words.none)}` : ""}`;
  return `${theme.bold(position)}${sought}  ${theme.dim(query === "" ? words.keys : words.found)}`;
}
