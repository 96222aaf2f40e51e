import type { Locale } from "../locale.js";
import type { Theme } from "../theme.js";

/** How things are shown: the same for all panes of a session. */
export type Look = { theme: Theme; locale: Locale };

const WORDS: Record<Locale, { more(count: number, over: string): string; lines(count: number): string; over: string }> =
  {
    en: {
      over: "over ",
      more: (count, over) => `… ${over}${counted(count)} more ${count === 1 ? "line" : "lines"} (Ctrl+O)`,
      lines: (count) => `${counted(count)} ${count === 1 ? "line" : "lines"}`,
    },
    zh: {
      over: "超过 ",
      more: (count, over) => `… 还有${over === "" ? " " : over}${counted(count)} 行（Ctrl+O）`,
      lines: (count) => `${counted(count)} 行`,
    },
  };

/** How many of the first and of the last lines are shown; `part`: there were more than these. */
export type Fold = { head: number; tail: number; part?: boolean };

/** The first and last of many lines, each drawn, and between them how many were left out; never one alone. */
export function folded(
  lines: readonly string[],
  { fold: { head, tail, part = false }, draw }: { fold: Fold; draw(line: string): string },
  { theme, locale }: Look,
): string[] {
  const out = lines.length - head - tail;
  if (out <= 1) return lines.map(draw);
  const end = tail === 0 ? [] : lines.slice(-tail);
  return [
    ...lines.slice(0, head).map(draw),
    theme.dim(WORDS[locale].more(out, part ? WORDS[locale].over : "")),
    ...end.map(draw),
  ];
}

/** A number of lines, in words; `part`: there were more than these. */
export function lineCount(count: number, locale: Locale, part?: boolean): string {
  return `${part ? WORDS[locale].over : ""}${WORDS[locale].lines(count)}`;
}

/** A number as people read it, whole: 1,980. */
export function counted(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/** Milliseconds between two frames of what moves while something goes on. */
export const FRAME = 120;

/** What moves, as it looks at a time in milliseconds. */
export function moving(now: number): string {
  return FRAMES[Math.floor(now / FRAME) % FRAMES.length] ?? "";
}

/** Milliseconds as people say them, in few columns. */
export function span(ms: number, locale: Locale): string {
  const [second, minute, hour] = locale === "zh" ? ["秒", "分", "时"] : ["s", "min", "h"];
  if (ms < 100) return `${Math.max(0, Math.round(ms))} ${locale === "zh" ? "毫秒" : "ms"}`;
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 59.95) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} ${second}`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} ${minute} ${Math.round(seconds) % 60} ${second}`;
  return `${Math.floor(minutes / 60)} ${hour} ${minutes % 60} ${minute}`;
}

/** Whole seconds as people say them. */
export function elapsed(seconds: number, locale: Locale): string {
  return seconds < 60 ? `${seconds} ${locale === "zh" ? "秒" : "s"}` : span(seconds * 1000, locale);
}
