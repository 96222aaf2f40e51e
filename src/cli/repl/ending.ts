import { last } from "../../core/fold.js";
import { sentence } from "../../core/run-tools.js";
import { endLeftovers } from "../../platform/exec.js";
import type { Desk } from "./desk.js";
import type { Locale } from "./locale.js";
import type { FrontEnd } from "./port.js";
import type { Seat } from "./seat.js";

const WORDS: Record<Locale, { goOn(id: string): string; broke(why: string): string; kept(path: string): string }> = {
  en: {
    goOn: (id) => `Go on with: nanocoder --resume ${id}`,
    broke: (why) => `nanocoder broke: ${why}`,
    kept: (path) => `The session is kept in ${path}`,
  },
  zh: {
    goOn: (id) => `继续此会话：nanocoder --resume ${id}`,
    broke: (why) => `nanocoder 出错：${why}`,
    kept: (path) => `会话保存在 ${path}`,
  },
};

/** How long a session may take to end in order once a signal came, in milliseconds. */
const PATIENCE = 10_000;

/** What must be ended, the session as far as there is one yet. */
export type Stage = { seat: Seat; locale: Locale; ui: FrontEnd; desk(): Desk | undefined };

export type Ending = {
  /** Gives the terminal back, and says how the session goes on; once. */
  end(error?: unknown): void;
  /** Signals do again what they did. */
  calm(): void;
};

/** The first signal ends the session in order, the second at once; what nobody caught is told and ends it too. */
export function endingOf(stage: Stage): Ending {
  let [signalled, over] = [false, false];
  // the terminal is as it was before a word is said on it
  const end = (error?: unknown) => {
    stage.ui.close();
    if (over) return;
    over = true;
    const lines = lastWords(stage, error);
    if (lines.length > 0) process.stderr.write(`\n${lines.join("\n")}\n`);
  };
  const force = (code: number, error?: unknown) => {
    stage.ui.close();
    const leftovers = Promise.all([stage.ui.dismiss(), endLeftovers()]);
    void leftovers.finally(() => {
      end(error);
      process.exit(code);
    });
  };
  const leave = (code: number) => {
    if (signalled) return force(code);
    signalled = true;
    setTimeout(() => force(code), PATIENCE).unref();
    stage.seat.leave(code);
  };
  const calm = handled({
    SIGTERM: () => leave(143),
    SIGHUP: () => leave(143),
    SIGINT: () => stage.ui.interrupted() || leave(130),
    uncaughtException: (error) => force(1, error),
    unhandledRejection: (error) => force(1, error),
  });
  // last words to nobody are no failure
  process.stderr.on("error", () => undefined);
  return { end, calm };
}

function handled(listeners: Record<string, (reason: unknown) => void>): () => void {
  for (const [name, listener] of Object.entries(listeners)) process.on(name, listener);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) process.off(name, listener);
  };
}

// of what nobody asked anything there is nothing to go on with, and nothing of what could not be saved
function lastWords({ locale, desk }: Stage, error: unknown): string[] {
  const words = WORDS[locale];
  const lines = error === undefined ? [] : [words.broke(sentence(error))];
  const { id, agent } = desk()?.opened ?? {};
  const path = agent && "path" in agent.log ? agent.log.path : undefined;
  if (!agent || id === undefined || path === undefined || !last(agent.log.events, "prompt")) return lines;
  const kept = error === undefined ? [] : [words.kept(String(path))];
  return [...lines, ...kept, words.goOn(id)];
}
