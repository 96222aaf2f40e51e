import { type Config, readConfig, thisMachine } from "../../app/config.js";
import { UsageError } from "../../app/usage-error.js";
import { last } from "../../core/fold.js";
import { sentence } from "../../core/run-tools.js";
import { endLeftovers } from "../../platform/exec.js";
import { redactor } from "../../platform/secrets.js";
import type { RunFlags } from "../asked.js";
import { colours } from "../output.js";
import { begin } from "./begin.js";
import { builtinCommands } from "./commands.js";
import { type Desk, openDesk } from "./desk.js";
import { LineUi } from "./line-ui.js";
import { type Locale, localeOf } from "./locale.js";
import type { Ui } from "./port.js";
import { screenUi } from "./screen-ui.js";
import { Seat } from "./seat.js";
import type { SlashCommand } from "./slash.js";
import { groundOf, themeOf } from "./theme.js";
import { WORK_COMMANDS } from "./work-commands.js";

const WORDS: Record<Locale, { goOn(id: string): string; broke(why: string): string }> = {
  en: {
    goOn: (id) => `Go on with: nanocoder --resume ${id}`,
    broke: (why) => `nanocoder broke: ${why}`,
  },
  zh: {
    goOn: (id) => `继续此会话:nanocoder --resume ${id}`,
    broke: (why) => `nanocoder 出错:${why}`,
  },
};

type Room = { ui: Ui; locale: Locale; flags: RunFlags };

/** `nanocoder` at a terminal: a session, until the person leaves it; gives the exit code. */
export async function repl(flags: RunFlags, prompt: string | undefined): Promise<number> {
  checkFlags(flags);
  const config = await readConfig(flags, thisMachine());
  const locale = localeOf(process.env);
  const seat = new Seat();
  const ui = frontEnd({ config, locale, seat });
  const room = { ui, locale, flags };
  let desk: Desk | undefined;
  const calm = onSignals(seat, (error) => end(room, desk, error));
  try {
    const begun = await begin(room, config);
    if ("exitCode" in begun) return begun.exitCode;
    desk = await openDesk({ ...room, flags: begun.flags }, begun);
    return await attend(desk, seat, prompt);
  } finally {
    calm();
    end(room, desk);
  }
}

function frontEnd({ config, locale, seat }: { config: Config; locale: Locale; seat: Seat }): Ui {
  const { stdin, stdout, env } = process;
  if (env.TERM === "dumb") return new LineUi({ input: stdin, output: stdout, locale, hands: seat });
  const theme = themeOf({ colours: colours(stdout), ground: groundOf(env) });
  return screenUi({
    streams: { stdin, stdout },
    look: { theme, locale },
    hands: seat,
    ...{ home: config.home, cwd: config.cwd, env: config.childEnv },
    redact: redactor(config.keys).text,
    editor: env.VISUAL || env.EDITOR,
    tmux: env.TMUX !== undefined,
    complete: (before) => offered(before, seat),
  });
}

async function offered(before: string, seat: Seat) {
  const items = await seat.complete(before);
  const word = /\s/.test(before) ? (/\S*$/.exec(before)?.index ?? 0) : 1;
  const typed = before.slice(word).toLowerCase();
  const fitting = items.filter(({ value }) => value.startsWith(typed));
  return fitting.length === 0 ? undefined : { from: word, items: fitting, enter: "run" as const };
}

// the terminal is as it was before a word is said on it
function end({ ui, locale }: Room, desk: Desk | undefined, error?: unknown): void {
  ui.close();
  const words = WORDS[locale];
  if (error !== undefined) process.stderr.write(`${words.broke(sentence(error))}\n`);
  const { agent, id } = desk?.opened ?? {};
  if (agent && id && last(agent.log.events, "prompt")) process.stderr.write(`${words.goOn(id)}\n`);
}

const HEADLESS = ["outputSchema", "includePartial", "timeout"] as const;

function checkFlags(flags: RunFlags): void {
  const found = HEADLESS.find((name) => flags[name] !== undefined);
  const flag =
    flags.outputFormat === "text" ? found?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) : "output-format";
  if (flag === undefined) return;
  throw new UsageError(`--${flag} is for a run without a person: nanocoder -p "what to do" --${flag} …`);
}

async function attend(desk: Desk, seat: Seat, prompt: string | undefined): Promise<number> {
  const { ui, opened } = desk;
  const commands = (): readonly SlashCommand[] => builtin;
  const builtin = [...builtinCommands(commands, () => seat.leave()), ...WORK_COMMANDS];
  seat.take(desk, commands);
  ui.recount(opened.agent.log.events);
  if (prompt !== undefined) seat.submit(prompt);
  const code = await seat.left;
  await desk.close();
  return code;
}

/** The first signal ends the session in order, the second at once; what nobody caught is told and ends it too. */
function onSignals(seat: Seat, end: (error?: unknown) => void): () => void {
  let told = false;
  const leave = (code: number) => {
    if (told) {
      end();
      void endLeftovers().finally(() => process.exit(code));
    }
    told = true;
    seat.leave(code);
  };
  const broke = (error: unknown) => {
    end(error);
    void endLeftovers().finally(() => process.exit(1));
  };
  const listeners = {
    SIGTERM: () => leave(143),
    SIGHUP: () => leave(143),
    SIGINT: () => seat.interrupt() || leave(130),
    uncaughtException: broke,
    unhandledRejection: broke,
  };
  for (const [name, listener] of Object.entries(listeners)) process.on(name, listener);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) process.off(name, listener);
  };
}
