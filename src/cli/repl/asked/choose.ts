import { isKeyRelease, type KeyId, visibleWidth } from "@earendil-works/pi-tui";
import type { Locale } from "../locale.js";
import type { Choice, KeyPane } from "../port.js";
import { lineField } from "../prompt/field.js";
import { isKey } from "../prompt/keys.js";
import { matching, ranked } from "../prompt/rank.js";
import { oneLine } from "../screen/cells.js";
import { cut, fitted } from "../screen/wrap.js";
import type { Theme } from "../theme.js";
import { strays } from "./strays.js";

type Words = { count(found: number, all: number): string; none: string; keys: string; stray: string };

const WORDS: Record<Locale, Words> = {
  en: {
    count: (found, all) => (found === all ? `${all}` : `${found} of ${all}`),
    none: "nothing fits; change the words above",
    keys: "type to narrow · Enter: take · Esc: leave",
    stray: "Typed before you could read this: not taken.",
  },
  zh: {
    count: (found, all) => (found === all ? `共 ${all} 项` : `${found} / ${all} 项`),
    none: "没有匹配的项，请修改上面的文字",
    keys: "输入以筛选 · 回车：选择 · Esc：放弃",
    stray: "在你看到问题之前按下的键，未采用。",
  },
};

export type Choosing<T> = {
  theme: Theme;
  locale: Locale;
  /** How high it may be. */
  rows(): number;
  answer(value: T | undefined): void;
  changed(): void;
  /** In milliseconds, from any beginning. */
  now(): number;
};

type Item<T> = Choice<T>["items"][number];

/** One of several, narrowed by typing. Esc leaves without one. */
export function choosePane<T>(choice: Choice<T>, { theme, locale, rows, answer, changed, now }: Choosing<T>): KeyPane {
  const words = WORDS[locale];
  const query = lineField();
  const typedAhead = strays(now);
  let stray = false;
  const filter = narrowing(choice.items);
  let found = choice.items;
  let at = Math.max(0, Math.min(choice.at ?? 0, found.length - 1));
  const page = () => Math.max(1, rows() - 3);
  const moves: readonly [KeyId[], (at: number) => number][] = [
    [["up", "ctrl+p"], (n) => (n === 0 ? found.length - 1 : n - 1)],
    [["down", "ctrl+n"], (n) => (n >= found.length - 1 ? 0 : n + 1)],
    [["pageUp"], (n) => n - page()],
    [["pageDown"], (n) => n + page()],
    [["home"], () => 0],
    [["end"], () => found.length - 1],
  ];
  const narrow = (data: string) => {
    const before = found;
    if (query.key(data)) found = filter(query.text);
    if (found !== before) at = 0;
  };
  const list = (columns: number) => {
    const top = Math.max(0, Math.min(at - Math.floor(page() / 2), found.length - page()));
    const items = found.slice(top, top + page());
    return items.length === 0
      ? [theme.warn(cut(`  ${words.none}`, columns))]
      : rowsOf(items, columns).map((row, n) => (top + n === at ? theme.chosen(`> ${row}`) : `  ${row}`));
  };
  return {
    render(columns) {
      typedAhead.shown();
      const keys = stray ? words.stray : words.keys;
      const foot = `${words.count(found.length, choice.items.length)} · ${keys}`;
      const lines = [
        theme.bold(cut(oneLine(choice.title), columns)),
        `${theme.accent("/")} ${query.draw(columns - 2)}`,
        ...list(columns),
        theme.dim(cut(foot, columns)),
      ];
      return rows() < 4 ? lines.slice(1, 1 + Math.max(1, rows())) : lines;
    },
    key(data) {
      if (isKeyRelease(data)) return;
      if (isKey(data, "escape", "ctrl+c")) return answer(undefined);
      stray = choice.firm === true && typedAhead.strayed();
      if (stray) return changed();
      const item = found[at];
      if (isKey(data, "enter")) return item && answer(item.value);
      const move = moves.find(([keys]) => isKey(data, ...keys))?.[1];
      if (move) at = Math.max(0, Math.min(move(at), found.length - 1));
      else narrow(data);
      changed();
    },
  };
}

function narrowing<T>(items: readonly Item<T>[]): (query: string) => readonly Item<T>[] {
  const names = ranked(
    items.map(({ label }) => label),
    items.map(({ about = "" }) => about),
  );
  let last = { query: "", found: items };
  return (query) => {
    if (query.trim() !== last.query) {
      const found = matching(names, query).flatMap((at) => items[at] ?? []);
      last = { query: query.trim(), found: query.trim() === "" ? items : found };
    }
    return last.found;
  };
}

/** The least that is left for what a row tells of its item, and how much of a row its name may take. */
const ABOUT = { least: 8, share: 0.6 };

function rowsOf<T>(items: readonly Item<T>[], columns: number): string[] {
  const room = Math.max(1, columns - 2);
  const labels = items.map(({ label }) => oneLine(label));
  const widest = Math.max(...labels.map((label) => visibleWidth(label)));
  const told = items.some(({ about }) => about);
  const wide = told ? Math.min(widest, Math.max(Math.floor(room * ABOUT.share), room - 2 - ABOUT.least * 4)) : room;
  const left = room - wide - 2;
  return items.map(({ about = "" }, n) => {
    const label = labels[n] ?? "";
    if (!told || left < ABOUT.least) return cut(label, room);
    return about === "" ? cut(label, room) : `${fitted(label, wide)}  ${cut(oneLine(about), left)}`;
  });
}
