import type { Delta, Event } from "../../../core/event.js";
import { visible } from "../../../platform/text.js";
import type { Locale } from "../locale.js";
import type { Pane } from "../port.js";
import { cut } from "../screen/wrap.js";
import type { Theme } from "../theme.js";
import { elapsed, FRAME, moving } from "./folded.js";

/** What only a turn brings: other facts and words may also come of a command. */
const BEGINS: ReadonlySet<string> = new Set(["prompt", "text", "thinking", "call", "started"]);

const WORDS: Record<Locale, { waits: string; thinks: string; writes: string; works: string; ends: string }> = {
  en: {
    ...{ waits: "waiting for the model", thinks: "thinking", writes: "writing", works: "working" },
    ends: "Esc interrupts",
  },
  zh: { waits: "等待模型", thinks: "思考中", writes: "输出中", works: "执行中", ends: "Esc 中断" },
};

export type Indicator = Pane & {
  see(item: Event | Delta): void;
  /** Says what goes on, until the function it gives is called. */
  busy(what: string): () => void;
  close(): void;
};

/** A line that moves while something goes on, with what and for how long; no line and no timer while nothing does. */
export function indicator(theme: Theme, locale: Locale, changed: () => void): Indicator {
  const words = WORDS[locale];
  let run: { since: number; what: string } | undefined;
  const tasks: { since: number; what: string }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const set = () => {
    const on = run !== undefined || tasks.length > 0;
    if (on && timer === undefined) timer = setInterval(changed, FRAME);
    if (!on) {
      clearInterval(timer);
      timer = undefined;
    }
    changed();
  };
  return {
    render(columns) {
      const now = tasks.at(-1) ?? run;
      if (now === undefined) return [];
      const seconds = Math.floor((performance.now() - now.since) / 1000);
      const line = `${moving(Date.now())} ${visible(now.what)} ${elapsed(seconds, locale)}`;
      return [`${theme.accent(cut(line, columns))}${hint(line, columns)}`];
    },
    see(item) {
      const what = doing(item);
      if (item.type === "ended") run = undefined;
      else if (run === undefined)
        run = BEGINS.has(item.type) ? { since: performance.now(), what: words.waits } : undefined;
      else if (what !== undefined) run.what = what;
      if (run === undefined || timer === undefined) set();
    },
    busy(what) {
      const task = { since: performance.now(), what };
      tasks.push(task);
      set();
      return () => {
        const at = tasks.indexOf(task);
        if (at >= 0) tasks.splice(at, 1);
        set();
      };
    },
    close: () => clearInterval(timer),
  };

  function doing({ type }: Event | Delta): string | undefined {
    if (type === "thinking") return words.thinks;
    if (type === "text") return words.writes;
    if (type === "call" || type === "started" || type === "progress") return words.works;
    return type === "prompt" || type === "result" ? words.waits : undefined;
  }

  function hint(line: string, columns: number): string {
    const more = ` · ${words.ends}`;
    return columns > line.length + more.length + 8 ? theme.dim(more) : "";
  }
}
