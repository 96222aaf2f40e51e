import { visibleWidth } from "@earendil-works/pi-tui";
import { visible } from "../../../platform/text.js";
import type { Locale } from "../locale.js";
import type { Pane, Status } from "../port.js";
import { cut } from "../screen/wrap.js";
import type { Theme } from "../theme.js";

const WORDS: Record<Locale, { jobs(count: number): string; queued: string; more(count: number): string }> = {
  en: {
    jobs: (count) => (count === 1 ? "1 job" : `${count} jobs`),
    queued: "next:",
    more: (count) => `… ${count} more`,
  },
  zh: { jobs: (count) => `${count} 个后台任务`, queued: "待发送：", more: (count) => `… 还有 ${count} 条` },
};

const BETWEEN = " · ";

/** One line of what is known of the session; what does not fit is left out, the least telling first. */
export function statusLine(status: () => Status, theme: Theme, locale: Locale): Pane {
  let known = { of: "", line: "" };
  return {
    render(columns) {
      const { queued: _, ...now } = status();
      const of = JSON.stringify([now, columns]);
      if (known.of !== of) {
        const parts = fitting(partsOf(now, theme, locale), columns);
        known = { of, line: cut(parts.join(theme.dim(BETWEEN)), columns) };
      }
      return [known.line];
    },
  };
}

/** Jobs that have a line of their own. */
const SHOWN = 4;

/** What runs in the background, a line each with what it said last. */
export function jobLines(status: () => Status, theme: Theme, locale: Locale): Pane {
  return {
    render(columns) {
      const { jobs } = status();
      const lines = jobs.slice(-SHOWN).map(({ id, title, latest }) => {
        const name = `${id} ${visible(title)}`;
        const now = latest === "" ? "" : `: ${visible(latestWords(latest.trim()))}`;
        // the name leaves half of the line to what goes on
        return `${cut(name, now === "" ? columns : Math.max(12, Math.floor(columns / 2)))}${now}`;
      });
      const out = jobs.length - lines.length;
      const all = out === 0 ? lines : [WORDS[locale].more(out), ...lines];
      return all.map((line) => theme.dim(cut(line, columns)));
    },
  };
}

/** What a job said last, for a line: of a sub-agent's call, which is said with all of its arguments, the first words among them. */
export function latestWords(said: string): string {
  const [, call, words] = /^(> \S+) \{"[^"]*":"((?:[^"\\]|\\.)+)/.exec(said) ?? [];
  return call === undefined || words === undefined
    ? said
    : `${call} ${words.replace(/\\n[\s\S]*$/, " …").replace(/\\(.)/g, "$1")}`;
}

/** Words that wait of which a line is shown, and characters of one that are looked at. */
const MOST = { queued: 5, looked: 1000 };

/** Words that wait for the model, a line each. */
export function queuedLines(status: () => Status, theme: Theme, locale: Locale): Pane {
  return {
    render(columns) {
      const { queued } = status();
      const lines = queued.slice(0, MOST.queued).map((words) => {
        const [first = ""] = words.slice(0, MOST.looked).split("\n", 1);
        return `${WORDS[locale].queued} ${visible(first)}${first.length < words.length ? " …" : ""}`;
      });
      const out = queued.length - lines.length;
      const all = out === 0 ? lines : [...lines, WORDS[locale].more(out)];
      return all.map((line) => theme.dim(cut(line, columns)));
    },
  };
}

type Part = { text: string; weight: number };

function partsOf(status: Omit<Status, "queued">, theme: Theme, locale: Locale): Part[] {
  const { model, mode, tokens, window, cost, branch, jobs } = status;
  if (model === "") return [];
  const share = tokens === undefined || window === 0 ? undefined : Math.round((tokens / window) * 100);
  const paint = share === undefined || share < 60 ? theme.dim : theme.warn;
  return [
    { text: theme.dim(visible(model)), weight: 7 },
    { text: (mode === "default" ? theme.dim : theme.warn)(mode), weight: mode === "default" ? 5 : 8 },
    ...(tokens === undefined
      ? []
      : [{ text: paint(`${thousands(tokens)}/${thousands(window)} (${share} %)`), weight: 4 }]),
    ...(cost === undefined ? [] : [{ text: theme.dim(`$${cost.toFixed(cost < 1 ? 3 : 2)}`), weight: 3 }]),
    ...(branch === undefined ? [] : [{ text: theme.dim(visible(branch)), weight: 1 }]),
    ...(jobs.length === 0 ? [] : [{ text: theme.accent(WORDS[locale].jobs(jobs.length)), weight: 6 }]),
  ];
}

function fitting(parts: readonly Part[], columns: number): string[] {
  const width = parts.reduce((sum, { text }) => sum + visibleWidth(text) + BETWEEN.length, -BETWEEN.length);
  if (width <= columns || parts.length <= 1) return parts.map(({ text }) => text);
  const least = Math.min(...parts.map(({ weight }) => weight));
  return fitting(
    parts.filter(({ weight }) => weight !== least),
    columns,
  );
}

function thousands(count: number): string {
  if (count < 1000) return String(count);
  return count < 100_000 ? `${(count / 1000).toFixed(1)}k` : `${Math.round(count / 1000)}k`;
}
