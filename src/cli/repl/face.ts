import type { Config } from "../../app/config.js";
import { redactor } from "../../platform/secrets.js";
import { colours } from "../output.js";
import { LineUi } from "./line-ui.js";
import type { Locale } from "./locale.js";
import { completer } from "./prompt/complete.js";
import { workspaceNames } from "./prompt/workspace-names.js";
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
    complete: completer({
      commands: () => seat.commands(),
      names: workspaceNames({ cwd: config.cwd, path: env.PATH, signal: new AbortController().signal }),
    }),
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
