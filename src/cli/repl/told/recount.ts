import type { Event } from "../../../core/event.js";
import { callsIn } from "../../../core/message.js";
import type { Locale } from "../locale.js";
import type { Pane } from "../port.js";
import { cut } from "../screen/wrap.js";
import { counted, type Look } from "./folded.js";
import { kept } from "./markdown.js";

/** What is shown of a session that is gone on with: so many prompts with their answers, messages and rows at most. */
const MOST = { prompts: 20, messages: 200, rows: 200 };

type Words = { earlier(count: number): string; more(count: number): string };

const WORDS: Record<Locale, Words> = {
  en: {
    earlier: (count) => `… ${counted(count)} earlier ${count === 1 ? "message" : "messages"} (Ctrl+O shows all)`,
    more: (count) => `… more than ${counted(count)} earlier messages (Ctrl+O shows all)`,
  },
  zh: {
    earlier: (count) => `… 之前还有 ${counted(count)} 条消息（Ctrl+O 查看全部）`,
    more: (count) => `… 之前还有 ${counted(count)} 条以上消息（Ctrl+O 查看全部）`,
  },
};

type Recounting = { look: Look; told(events: readonly Event[]): readonly Pane[] };

/** The end of a session, as it was shown while it happened, under a line that says how much came before. */
export function recounted(events: readonly Event[], { look, told }: Recounting): Pane | undefined {
  const voided = new Set(events.flatMap((event) => (event.type === "retried" ? (event.voids ?? []) : [])));
  const isTold = (event: Event) => !voided.has(event.seq);
  const starts = exchanges(events);
  if (starts.length === 0) return undefined;
  const { theme, locale } = look;
  return kept((columns) => {
    const shown: string[][] = [];
    let [rows, from] = [0, events.length];
    for (const start of starts) {
      if (rows >= MOST.rows) break;
      const panes = told(asShown(events.slice(start, from).filter(isTold)));
      const lines = panes.flatMap((pane) => pane.render(columns));
      shown.push(shown.length === 0 ? lines : [...lines, ""]);
      rows += lines.length;
      from = start;
    }
    const before = events.slice(0, from).filter((event) => isMessage(event) && isTold(event)).length;
    const words = WORDS[locale];
    const lead = rows > MOST.rows ? words.more(before) : before === 0 ? "" : words.earlier(before);
    const lines = shown.toReversed().flat().slice(-MOST.rows);
    return lead === "" ? lines : [theme.dim(cut(lead, columns)), ...lines];
  });
}

// a call starts, and is recorded, while the answer that asks for it still comes: its words stood above it
function asShown(events: readonly Event[]): Event[] {
  const shown = new Set<Event>();
  for (const [at, event] of events.entries()) {
    if (event.type === "started") {
      const reply = events.find((each, place) => place > at && each.type === "reply");
      if (reply?.type === "reply" && callsIn(reply.parts).some(({ id }) => id === event.callId)) shown.add(reply);
    }
    shown.add(event);
  }
  return [...shown];
}

function isMessage({ type }: Event): boolean {
  return type === "prompt" || type === "reply" || type === "result";
}

/** Where the newest prompts stand, the newest first; of an endless exchange, where its newest messages begin. */
function exchanges(events: readonly Event[]): number[] {
  const starts: number[] = [];
  let messages = 0;
  for (let at = events.length - 1; at >= 0 && starts.length < MOST.prompts; at -= 1) {
    const event = events[at];
    if (event === undefined || !isMessage(event)) continue;
    messages += 1;
    if (event.type === "prompt") starts.push(at);
    if (messages < MOST.messages) continue;
    if (starts.length === 0) starts.push(at);
    break;
  }
  return starts;
}
