import type { Locale } from "./locale.js";

/** What a session in plain lines says and asks. */
export const LINE_WORDS: Record<
  Locale,
  {
    again: string;
    stray: string;
    ask(rules: string): string;
    always(rules: string): string;
    why: string;
    number: string;
    none: string;
    noEditor: string;
    twice: string;
    before(count: number): string;
  }
> = {
  en: {
    again: "One of these letters, please.",
    stray: "Typed before you could read this: not taken.",
    always: (rules) => `a always (${rules}), `,
    ask: (rules) => `y once, s this session, ${rules}n no, t no and say why: `,
    why: "Why not: ",
    number: "Number, part of a name, or nothing: ",
    none: "Nothing fits.",
    noEditor: "This terminal cannot open an editor.",
    twice: "Ctrl+C again exits.",
    before: (count) => `… ${count} earlier prompts: nanocoder sessions show tells them all.`,
  },
  zh: {
    again: "请输入其中一个字母。",
    stray: "在你看到问题之前输入的，未采用。",
    always: (rules) => `a 总是（${rules}），`,
    ask: (rules) => `y 仅此一次，s 本次会话，${rules}n 拒绝，t 拒绝并说明原因：`,
    why: "原因：",
    number: "编号、名称的一部分，或直接回车：",
    none: "没有符合的。",
    noEditor: "此终端无法打开编辑器。",
    twice: "再按一次 Ctrl+C 退出。",
    before: (count) => `… 还有 ${count} 条更早的提示词：nanocoder sessions show 可以查看全部。`,
  },
};
