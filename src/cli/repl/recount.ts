import type { Event } from "../../core/event.js";
import { counted, type Look } from "./folded.js";
import type { Locale } from "./locale.js";
import { kept } from "./markdown.js";
import type { Pane } from "./port.js";
import { cut } from "./wrap.js";

/** What is shown of a session that is gone on with: so many prompts with their answers, messages and rows at most. */
const MOST = { prompts: 20, messages: 200, rows: 200 };

type Words = { earlier(count: number): string; more(count: number): string };

const WORDS: Record<Locale, Words> = {
  en: {
    earlier: (count) => `… ${counted(count)} earlier ${count === 1 ? "message" : "messages"} (Ctrl-O shows all)`,
    more: (count) => `… more than ${counted(count)} earlier messages (Ctrl-O shows all)`,
  },
  zh: {
    earlier: (count) => `… 之前还有 ${counted(count)} 条消息 (Ctrl-O 查看全部)`,
    more: (count) => `… 之前还有 ${counted(count)} 条以上消息 (Ctrl-O 查看全部)`,
  },
};

type Recounting = { look: Look; told(events: readonly Event[]): readonly Pane[] };

/** The end of a session, as it was shown while it happened, under a line that says how much came before. */
export function recounted(events: readonly Event[], { look, told }: Recounting): Pane | undefined {
  const voided = new Set(events.flatMap((event) => (event.type === "retried" ? (event.voids ?? []) : [])));
  const from = beginning(events);
  const before = events.slice(0, from).filter((event) => isMessage(event) && !voided.has(event.seq)).length;
  const panes = told(events.slice(from).filter(({ seq }) => !voided.has(seq)));
  if (panes.length === 0) return undefined;
  const { theme, locale } = look;
  return kept((columns) => {
    const { lines, whole } = lastRows(panes, columns);
    const words = WORDS[locale];
    const lead = whole ? (before === 0 ? "" : words.earlier(before)) : words.more(before);
    return lead === "" ? lines : [theme.dim(cut(lead, columns)), ...lines];
  });
}

function isMessage({ type }: Event): boolean {
  return type === "prompt" || type === "reply" || type === "result";
}

function beginning(events: readonly Event[]): number {
  const seen = { prompts: 0, messages: 0 };
  const at = events.findLastIndex((event) => {
    if (isMessage(event)) seen.messages += 1;
    if (event.type === "prompt") seen.prompts += 1;
    return seen.prompts > MOST.prompts || seen.messages > MOST.messages;
  });
  return at + 1;
}

function lastRows(panes: readonly Pane[], columns: number): { lines: string[]; whole: boolean } {
  const groups: (readonly string[])[] = [];
  let rows = 0;
  for (const pane of panes.toReversed()) {
    if (rows >= MOST.rows) return { lines: groups.toReversed().flat().slice(-MOST.rows), whole: false };
    const lines = pane.render(columns);
    groups.push(lines);
    rows += lines.length;
  }
  return { lines: groups.toReversed().flat().slice(-MOST.rows), whole: rows <= MOST.rows };
}
