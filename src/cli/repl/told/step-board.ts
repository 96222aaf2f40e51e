import type { Event } from "../../../core/event.js";
import { state } from "../../../core/fold.js";
import type { Json } from "../../../core/message.js";
import { visible } from "../../../platform/text.js";
import { MARKERS, STATUSES, type Status } from "../../../plugins/plan-format.js";
import { planIn } from "../../../plugins/plan-state.js";
import type { Locale } from "../locale.js";
import { cut } from "../screen/wrap.js";
import type { Look } from "./folded.js";

type Item = { status: Status; title: string };

const WORDS: Record<Locale, { above(count: number): string; more(count: number): string }> = {
  en: { above: (count) => `… ${count} above`, more: (count) => `… ${count} more` },
  zh: { above: (count) => `… 前面 ${count} 项`, more: (count) => `… 还有 ${count} 项` },
};

/** The steps of a plan that is worked on, and what is to do, as lines with `[x]`, `[ ]` and `[>]`; none when all is done. */
export function stepBoard(
  events: readonly Event[],
  look: Look,
  { columns, rows }: { columns: number; rows: number },
): string[] {
  const plan = planIn(events);
  const steps = plan?.phase === "running" ? plan.steps : [];
  return [steps, todoOf(state(events, "todo"))].flatMap((items) => boardLines(items, look, { columns, rows }));
}

function todoOf(list: Json | undefined): Item[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item) => {
    if (typeof item === "string") return [{ status: "pending" as const, title: item }];
    if (typeof item !== "object" || item === null || Array.isArray(item)) return [];
    const title = item.content ?? item.title;
    return typeof title === "string" ? [{ status: statusOf(item.status), title }] : [];
  });
}

function statusOf(said: Json | undefined): Status {
  if (said === "completed") return "done";
  return STATUSES.find((each) => each === said) ?? "pending";
}

// what is at work and next to it is kept, what is done goes first
function boardLines(
  items: readonly Item[],
  { theme, locale }: Look,
  { columns, rows }: { columns: number; rows: number },
): string[] {
  if (items.every(({ status }) => status === "done" || status === "skipped")) return [];
  const room = Math.max(1, rows - 2);
  const at = items.findIndex(({ status }) => status === "in_progress" || status === "pending");
  const from = items.length <= rows ? 0 : Math.max(0, Math.min(at, items.length - room));
  const to = items.length <= rows ? items.length : from + room;
  const shown = items.slice(from, to).map(({ status, title }) => {
    const line = cut(`${MARKERS[status]} ${visible(title.split("\n", 1)[0] ?? "")}`, columns);
    if (status === "in_progress") return theme.bold(line);
    if (status === "failed") return theme.bad(line);
    return status === "pending" ? line : theme.dim(line);
  });
  const words = WORDS[locale];
  const above = from === 0 ? [] : [theme.dim(cut(words.above(from), columns))];
  const below = to === items.length ? [] : [theme.dim(cut(words.more(items.length - to), columns))];
  return [...above, ...shown, ...below];
}
