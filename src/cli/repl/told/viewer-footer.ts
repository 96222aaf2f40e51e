import { visible } from "../../../platform/text.js";
import type { Locale } from "../locale.js";
import { counted, type Look } from "./folded.js";
import type { Sought } from "./viewer-search.js";

const WORDS: Record<Locale, { keys: string; typing: string; seeking: string; none: string; found: string }> = {
  en: {
    keys: "↑↓ PgUp PgDn Home End · Tab next call · / search · q close",
    typing: "Enter finds · Esc leaves",
    seeking: "searching…",
    none: "not found",
    found: "n next · N previous · / search · q close",
  },
  zh: {
    keys: "↑↓ PgUp PgDn Home End · Tab 下一个调用 · / 搜索 · q 关闭",
    typing: "Enter 查找 · Esc 取消",
    seeking: "搜索中…",
    none: "未找到",
    found: "n 下一个 · N 上一个 · / 搜索 · q 关闭",
  },
};

/** Columns of what is being typed. */
const FIELD = 30;

type Position = { at: number; of: number; share: number };

/** Where the person is in the session, and what the keys do. */
export function footerOf(
  { at, of, share }: Position,
  { query, typing, found, draw }: Sought,
  { theme, locale }: Look,
): string {
  const words = WORDS[locale];
  if (typing) return `/${draw(FIELD)}  ${theme.dim(words.typing)}`;
  const position = `${counted(Math.min(at + 1, of))}/${counted(of)} ${Math.round(share * 100)}%`;
  const told = found === "yes" ? "" : ` ${theme.warn(found === "no" ? words.none : words.seeking)}`;
  const sought = query === "" ? "" : ` /${visible(query)}${told}`;
  return `${theme.bold(position)}${sought}  ${theme.dim(query === "" ? words.keys : words.found)}`;
}
