import { visibleWidth } from "@earendil-works/pi-tui";
import { sessionOf } from "../../../app/compact-now.js";
import type { Event, Usage } from "../../../core/event.js";
import { NO_USAGE } from "../../../core/event.js";
import { addUsage, last, messages, state, usage } from "../../../core/fold.js";
import type { Message, UserPart } from "../../../core/message.js";
import { cost, costOf } from "../../../models/catalog.js";
import { messageTokens, partTokens, textTokens } from "../../../models/tokens.js";
import { visible } from "../../../platform/text.js";
import { requestSize } from "../../../plugins/context-size.js";
import { counted } from "../../session-text.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import { padded } from "../screen/wrap.js";
import type { SlashCommand } from "../slash.js";
import { counted as count } from "../told/folded.js";

const KINDS = ["system", "tools", "words", "notes", "answers", "results"] as const;
type Kind = (typeof KINDS)[number];

type Words = {
  next(tokens: string, window: string, share: string): string;
  kinds: Record<Kind, string>;
  basis: Record<"counted" | "estimated", string>;
  cache(read: string, all: string, share: string): string;
  none: string;
  answers(times: number): string;
  sides(times: number, on: string): string;
  input: string;
  cached: string;
  output: string;
  unknown: string;
  total: string;
  least(known: string, models: string): string;
  noTodo: string;
};

const WORDS: Record<Locale, Words> = {
  en: {
    next: (tokens, window, share) => `Next request: about ${tokens} of ${window} tokens (${share})`,
    kinds: {
      system: "system prompt",
      tools: "tools",
      words: "your words",
      notes: "notes, summaries",
      answers: "answers, calls",
      results: "results",
    },
    basis: {
      counted:
        "Above: the provider's count up to its newest answer, and an estimate of what came since. By kind: estimates.",
      estimated: "All of this is estimated: the provider has counted nothing of it yet.",
    },
    cache: (read, all, share) => `Cache: ${read} of ${all} input tokens of this session were read from it (${share}).`,
    none: "No model has answered in this session yet.",
    answers: (times) => counted(times, "answer"),
    sides: (times, on) => `${counted(times, "side request")} (${on})`,
    input: "input",
    cached: "cache",
    output: "output",
    unknown: "price unknown",
    total: "Total: ",
    least: (known, models) => `at least ${known}; the price of ${models} is not known`,
    noTodo: "There is no todo list.",
  },
  zh: {
    next: (tokens, window, share) => `下一次请求：约 ${tokens} / ${window} token（${share}）`,
    kinds: {
      system: "系统提示词",
      tools: "工具",
      words: "你的话",
      notes: "附注与摘要",
      answers: "回答与调用",
      results: "结果",
    },
    basis: {
      counted: "首行：截至最新回答为服务商计数，其后为估算。各类均为估算。",
      estimated: "以上均为估算：服务商尚未计数。",
    },
    cache: (read, all, share) => `缓存：本次会话的 ${all} 输入 token 中有 ${read} 来自缓存（${share}）。`,
    none: "本次会话还没有模型回答过。",
    answers: (times) => `${times} 次回答`,
    sides: (times, on) => `${times} 次附带请求（${on}）`,
    input: "输入",
    cached: "缓存",
    output: "输出",
    unknown: "价格未知",
    total: "合计：",
    least: (known, models) => `至少 ${known}；${models} 的价格未知`,
    noTodo: "没有待办清单。",
  },
};

/** `/tokens`, `/cost` and `/todo`: what the log says of the session. */
export const usageCommands: readonly SlashCommand[] = [
  {
    name: "tokens",
    usage: "",
    about: { en: "how full the window is, and of what", zh: "上下文窗口的占用情况" },
    always: true,
    run: (desk) => desk.ui.say({ type: "text", text: tokens(desk).join("\n") }),
  },
  {
    name: "cost",
    usage: "",
    about: { en: "tokens and USD of this session, by model", zh: "本次会话各模型的用量和费用" },
    always: true,
    run: ({ ui, locale, opened }) =>
      ui.say({ type: "text", text: costs(opened.agent.log.events, WORDS[locale]).join("\n") }),
  },
  {
    name: "todo",
    usage: "",
    about: { en: "the todo list as it stands", zh: "当前的待办清单" },
    always: true,
    run: ({ ui, locale, opened }) => {
      const lines = todo(opened.agent.log.events);
      if (lines.length === 0) ui.say({ type: "note", text: WORDS[locale].noTodo });
      else ui.say({ type: "text", text: lines.join("\n") });
    },
  },
];

const share = (part: number, whole: number) => `${whole > 0 ? ((100 * part) / whole).toFixed(1) : 0} %`;

function tokens(desk: Desk): string[] {
  const words = WORDS[desk.locale];
  const { model, log } = desk.opened.agent;
  const { window } = model;
  const size = requestSize(log.events);
  const kinds = byKind(desk);
  const wide = Math.max(...KINDS.map((kind) => visibleWidth(words.kinds[kind])));
  const rows = KINDS.map((kind) => {
    const [name, number] = [padded(words.kinds[kind], wide), count(kinds[kind]).padStart(9)];
    return `  ${name}  ${number}  ${share(kinds[kind], window).padStart(7)}`;
  });
  const { input, cacheRead, cacheWrite } = usage(log.events);
  const sent = input + cacheRead + cacheWrite;
  return [
    words.next(count(size), count(window), share(size, window)),
    ...rows,
    words.basis[isCounted(log.events) ? "counted" : "estimated"],
    ...(sent > 0 ? [words.cache(count(cacheRead), count(sent), share(cacheRead, sent))] : []),
  ];
}

// where a provider has counted what is still told
function isCounted(events: readonly Event[]): boolean {
  const since = events.slice(events.findLastIndex(({ type }) => type === "compacted") + 1);
  return since.some(
    (event) => event.type === "reply" && event.usage.input + event.usage.cacheRead + event.usage.cacheWrite > 0,
  );
}

function byKind({ opened }: Desk): Record<Kind, number> {
  const { agent } = opened;
  const { events } = agent.log;
  const session = sessionOf(opened, { signal: AbortSignal.abort(), see: () => undefined });
  const tools = [...agent.tools, ...agent.plugins.flatMap((plugin) => plugin.tools?.(session) ?? [])];
  const told = messages(events);
  const own = new Set<unknown>(
    events.flatMap((event) => (event.type === "prompt" && event.from === "user" ? event.parts : [])),
  );
  const spoken = told.flatMap((message) => (message.role === "user" ? message.parts : []));
  const sum = (role: Message["role"]) =>
    told.reduce((all, message) => all + (message.role === role ? messageTokens(message) : 0), 0);
  return {
    system: textTokens(last(events, "session")?.system ?? ""),
    tools: textTokens(JSON.stringify(tools.map(({ name, description, input }) => [name, description, input.json]))),
    words: spokenTokens(spoken.filter((part) => own.has(part))),
    notes: spokenTokens(spoken.filter((part) => !own.has(part))),
    answers: sum("assistant"),
    results: sum("tool"),
  };
}

function spokenTokens(parts: readonly UserPart[]): number {
  return parts.length === 0 ? 0 : partTokens(parts);
}

type Line = { model: string; on: string | undefined; times: number; used: Usage };

function costs(events: readonly Event[], words: Words): string[] {
  const lines = spentBy(events);
  if (lines.length === 0) return [words.none];
  const models = lines.filter(({ model }) => cost(NO_USAGE, model) === undefined).map(({ model }) => visible(model));
  const unknown = [...new Set(models)];
  const known = lines.reduce((sum, { used, model }) => sum + (cost(used, model) ?? 0), 0);
  const all = costOf(events);
  const told = lines.map((line) => lineOf(line, words));
  if (all === undefined && models.length === lines.length) return told;
  const total = all === undefined ? words.least(dollars(known, words), unknown.join(", ")) : dollars(all, words);
  return [...told, `${words.total}${total}`];
}

// answers first, then side requests by what they were for
function spentBy(events: readonly Event[]): Line[] {
  const lines = new Map<string, Line>();
  for (const event of events) {
    if (event.type !== "reply" && event.type !== "spent") continue;
    const on = event.type === "spent" ? event.on : undefined;
    const key = JSON.stringify([on, event.model]);
    const line = lines.get(key) ?? { model: event.model, on, times: 0, used: NO_USAGE };
    lines.set(key, { ...line, times: line.times + 1, used: addUsage(line.used, event.usage) });
  }
  return [...lines.values()].sort((a, b) => Number(a.on !== undefined) - Number(b.on !== undefined));
}

function lineOf({ model, on, times, used }: Line, words: Words): string {
  const what = on === undefined ? words.answers(times) : words.sides(times, visible(on));
  const { input, cacheRead, cacheWrite, output } = used;
  const read = `${count(input)} ${words.input}, ${count(cacheRead + cacheWrite)} ${words.cached}`;
  return `${visible(model)}: ${what}, ${read}, ${count(output)} ${words.output}: ${dollars(cost(used, model), words)}`;
}

function dollars(usd: number | undefined, { unknown }: Words): string {
  return usd === undefined ? unknown : `$${usd.toFixed(4)}`;
}

const SIGNS: Record<string, string> = { completed: "[x]", in_progress: "[>]" };

// the list as the model keeps it: of a shape of its own it is shown as it is
function todo(events: readonly Event[]): string[] {
  const list = state(events, "todo");
  if (!Array.isArray(list)) return [];
  return list.map((item) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return `[ ] ${String(item)}`;
    return `${SIGNS[String(item.status)] ?? "[ ]"} ${String(item.content ?? "")}`;
  });
}
