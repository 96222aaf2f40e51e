import type { Config } from "../../app/config.js";
import { redactor } from "../../platform/secrets.js";
import { colours } from "../output.js";
import { LineUi } from "./line-ui.js";
import type { Locale } from "./locale.js";
import { type Face, screenUi } from "./screen-ui.js";
import type { Seat } from "./seat.js";
import { groundOf, themeOf } from "./theme.js";

type Parts = { config: Config; locale: Locale; seat: Seat };

/** The front end that the terminal is good for. Takes the terminal. */
export function faceOf({ config, locale, seat }: Parts): Face {
  const { stdin, stdout, env } = process;
  if (env.TERM === "dumb") return lineFace(new LineUi({ input: stdin, output: stdout, locale, hands: seat }));
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
    gone: () => seat.leave(143),
  });
}

function lineFace(ui: LineUi): Face {
  return {
    ui,
    ready: () => ui.prompt(),
    interrupted() {
      ui.interrupt();
      return true;
    },
    async dismiss() {
      ui.dismiss();
    },
  };
}

async function offered(before: string, seat: Seat) {
  const items = await seat.complete(before);
  const word = /\s/.test(before) ? (/\S*$/.exec(before)?.index ?? 0) : 1;
  const typed = before.slice(word).toLowerCase();
  const fitting = items.filter(({ value }) => value.startsWith(typed));
  return fitting.length === 0 ? undefined : { from: word, items: fitting, enter: "run" as const };
}
