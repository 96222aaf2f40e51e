import type { Json } from "../../../core/message.js";
import { isFields } from "../../../platform/fields.js";
import type { Answer, Question } from "../../../plugins/question.js";
import type { Locale } from "../locale.js";

/** The answers by their keys: once, this session, always, no, no and tell why, edit. */
export type Act = "y" | "s" | "a" | "n" | "t" | "e";

type Words = {
  acts: Record<Act, string>;
  short: Record<Act, string>;
  waiting(count: number): string;
  below(below: number, above: number): string;
} & Record<"keys" | "typing" | "tell" | "change" | "none" | "unseen" | "stray" | "fault", string>;

export const WORDS: Record<Locale, Words> = {
  en: {
    acts: {
      y: "yes, this once",
      s: "yes, and the same again in this session",
      a: "yes, always: keep the rule above in your settings",
      n: "no",
      t: "no, and tell why",
      e: "change it first",
    },
    short: { y: "yes", s: "session", a: "always", n: "no", t: "no, why", e: "change" },
    waiting: (count) => (count === 1 ? "1 more question waits" : `${count} more questions wait`),
    below: (below, above) =>
      below > 0 ? `${below} more lines below: PgDn, End` : `this is the end; ${above} lines above: PgUp, Home`,
    keys: "Esc: no · Ctrl+C: interrupt",
    typing: "Enter: done · Esc: back",
    tell: "No, because (the model reads it):",
    change: "Run this instead (Enter shows it whole first):",
    none: "Press one of the keys above, or choose with the arrows and Enter.",
    unseen: "Read it to the end first: End, PgDn.",
    stray: "Typed before you could read this, or in a row: not taken.",
    fault: "That is not valid JSON; mend it, or Esc.",
  },
  zh: {
    acts: {
      y: "允许这一次",
      s: "允许，本次会话内相同的不再询问",
      a: "总是允许：把上面的规则保存到你的设置",
      n: "拒绝",
      t: "拒绝并说明原因",
      e: "先修改",
    },
    short: { y: "允许", s: "本会话", a: "总是", n: "拒绝", t: "拒绝并说明", e: "修改" },
    waiting: (count) => `还有 ${count} 个问题在等待`,
    below: (below, above) =>
      below > 0 ? `下面还有 ${below} 行：PgDn、End` : `已到末尾；上面还有 ${above} 行：PgUp、Home`,
    keys: "Esc：拒绝 · Ctrl+C：中断",
    typing: "回车：完成 · Esc：返回",
    tell: "拒绝原因（会告诉模型）：",
    change: "改为运行（回车后先完整显示）：",
    none: "请按上面的某个键，或用方向键选择后回车。",
    unseen: "请先看到末尾：End、PgDn。",
    stray: "在你看到问题之前按下的键，或连续输入的键，未采用。",
    fault: "不是有效的 JSON；请修改，或按 Esc。",
  },
};

/** What can be answered. A change counts once, and what must be asked each time cannot be allowed for longer. */
export function actsFor({ always }: Question, changed: boolean): readonly Act[] {
  return always === undefined || changed ? ["y", "n", "t", "e"] : ["y", "s", "a", "n", "t", "e"];
}

const FOR = { y: "once", s: "session", a: "always" } as const;
const YES = {
  y: "the user said yes",
  s: "the user said yes for this session",
  a: "the user said yes, always",
} as const;

/** What is answered when nobody wants to know any more. */
export const INTERRUPTED: Answer = { verdict: "deny", why: "the user interrupted" };

/** The words of an answer are for the log and the model: English. */
export function answerTo(act: "y" | "s" | "a" | "n", input?: Json, said = ""): Answer {
  if (act === "n") return { verdict: "deny", why: said === "" ? "the user said no" : `the user said no: ${said}` };
  return { verdict: "allow", why: YES[act], for: FOR[act], ...(input === undefined ? {} : { input }) };
}

/** What is changed of a call: the command line where it has one, else its arguments as JSON. */
export function changeOf({ input, effect }: Question, changed: Json | undefined): string {
  const now = changed ?? input;
  const name = commandField({ input, effect });
  if (name === undefined || !isFields(now)) return JSON.stringify(now);
  return String(now[name] ?? "");
}

/** The arguments that a changed text stands for; undefined when it is not JSON. */
export function changeIn({ input, effect }: Question, text: string): { input: Json } | undefined {
  const name = commandField({ input, effect });
  if (name !== undefined && isFields(input)) return { input: { ...input, [name]: text } };
  try {
    return { input: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function commandField({ input, effect }: Pick<Question, "input" | "effect">): string | undefined {
  const line = effect.foresight?.line;
  if (line === undefined || !isFields(input)) return undefined;
  return Object.keys(input).find((name) => input[name] === line);
}
