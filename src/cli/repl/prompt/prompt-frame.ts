import { visibleWidth } from "@earendil-works/pi-tui";
import type { Locale } from "../locale.js";
import { cellsOf, endOf, fitting, joined, oneLine } from "../screen/cells.js";
import { CARET } from "../screen/rows.js";
import { cut, fitted } from "../screen/wrap.js";
import type { Paint, Theme } from "../theme.js";
import type { Offer } from "./completing.js";
import type { Draft } from "./draft.js";
import { drawn, type Layout } from "./layout.js";
import type { Searching } from "./searching.js";
import type { Hint } from "./twice.js";

const WORDS = {
  en: {
    empty: "Ask for anything · @ names a file · / commands · ! shell · # remember",
    shell: "shell",
    memory: "remember",
    search: "search",
    none: "nothing found",
    leave: "Ctrl+C again to exit",
    clear: "Esc again to clear",
  },
  zh: {
    empty: "请输入任务 · @ 引用文件 · / 命令 · ! 运行命令 · # 记住",
    shell: "命令行",
    memory: "记住",
    search: "搜索",
    none: "没有找到",
    leave: "再按 Ctrl+C 退出",
    clear: "再按 Esc 清空",
  },
} satisfies Record<Locale, unknown>;

/** All that a frame of the prompt is drawn from. */
export type Looks = {
  theme: Theme;
  locale: Locale;
  columns: number;
  draft: Draft;
  layout: Layout;
  /** The first row that is shown, and how many are. */
  top: number;
  height: number;
  /** The mode of the session; `default` is not shown. */
  mode: string;
  offer: Offer | undefined;
  chosen: number;
  search: Searching | undefined;
  hint: Hint | undefined;
};

/** What a draft is read as when it is sent. */
export function kindOf({ text, plain }: Draft): "shell" | "memory" | "words" {
  if (plain) return "words";
  if (text.startsWith("!")) return "shell";
  return text.startsWith("#") ? "memory" : "words";
}

/** Cells that the sign before each row takes. */
export const GUTTER = 2;
const LISTED = 8;

/** The prompt as lines: a rule, the draft, a rule, and what is offered or searched. The caret's cell is marked. */
export function promptFrame(looks: Looks): string[] {
  const { layout, top, height, columns, search } = looks;
  const paint = paintOf(looks);
  const below = layout.rows.length - top - height;
  const foot = looks.hint === undefined ? scrolled("↓", below) : WORDS[looks.locale][looks.hint];
  return [
    rule(columns, [scrolled("↑", top), nameOf(looks)], paint),
    ...rows(looks, paint),
    rule(columns, [foot], paint),
    ...(search === undefined ? offered(looks) : [searched(looks, search)]),
  ];
}

function scrolled(sign: string, rows: number): string {
  return rows > 0 ? `${sign} ${rows}` : "";
}

function rule(columns: number, words: readonly string[], paint: Paint): string {
  const told = words.filter((word) => word !== "").map((word) => ` ${word} `);
  const label = joined(fitting(cellsOf(told.length === 0 ? "" : `─${told.join("─")}`), columns));
  return paint(label + "─".repeat(Math.max(0, columns - visibleWidth(label))));
}

function nameOf({ draft, mode, locale }: Looks): string {
  const kind = kindOf(draft);
  if (kind !== "words") return WORDS[locale][kind];
  return mode === "default" ? "" : oneLine(mode);
}

function paintOf({ draft, mode, theme }: Looks): Paint {
  const kind = kindOf(draft);
  if (kind === "shell") return theme.warn;
  if (kind === "memory") return theme.good;
  if (mode === "default") return theme.dim;
  return mode === "plan" ? theme.accent : theme.warn;
}

const SIGNS = { words: ">", shell: "!", memory: "#" };

function rows(looks: Looks, paint: Paint): string[] {
  const { layout, top, height, draft, theme, search, columns, locale } = looks;
  const sign = (first: boolean) => (first ? `${paint(SIGNS[kindOf(draft)])} ` : " ".repeat(GUTTER));
  const caret = search === undefined ? CARET : "";
  if (draft.text === "") {
    const words = cut(WORDS[locale].empty, columns - GUTTER);
    return [sign(true) + caret + theme.dim(words)];
  }
  return layout.rows.slice(top, top + height).map((row, n) => {
    const { before, after } = drawn(row, draft.at, theme.accent);
    const here = top + n === layout.row;
    return sign(top + n === 0) + (here ? before + caret + after : before + after);
  });
}

function searched({ columns, locale, theme }: Looks, { query, hits, at }: Searching): string {
  const words = WORDS[locale];
  const count = hits.length > 0 ? ` ${at + 1}/${hits.length}` : query === "" ? "" : ` ${words.none}`;
  const room = Math.max(1, columns - visibleWidth(words.search) - visibleWidth(count) - 3);
  // the caret stands behind it
  const shown = endOf(oneLine(query), room);
  return cut(`${theme.dim(`${words.search}:`)} ${shown}${CARET}${theme.dim(count)}`, columns);
}

function offered({ offer, chosen, columns, theme }: Looks): string[] {
  if (offer === undefined) return [];
  const { items } = offer;
  const from = Math.max(0, Math.min(chosen - LISTED / 2, items.length - LISTED));
  const shown = items.slice(from, from + LISTED);
  const widest = Math.max(...shown.map(({ label }) => visibleWidth(oneLine(label))));
  const wide = Math.min(widest, Math.max(8, columns - 4));
  const lines = shown.map(({ label, about = "" }, n) => {
    const here = from + n === chosen;
    const name = fitted(oneLine(label), wide);
    const room = columns - 4 - wide;
    const told = room < 10 ? "" : cut(oneLine(about), room);
    const gap = told === "" ? "" : "  ";
    return here ? `› ${theme.chosen(`${name}${gap}${told}`)}` : `  ${name}${gap}${theme.dim(told)}`;
  });
  const more = items.length > LISTED ? [theme.dim(`  ${chosen + 1}/${items.length}`)] : [];
  return [...lines, ...more];
}
