import type { Config } from "../../app/config.js";
import { redactor } from "../../platform/secrets.js";
import { colours } from "../output.js";
import { LineUi } from "./line-ui.js";
import type { Locale } from "./locale.js";
import type { FrontEnd } from "./port.js";
import { completer } from "./prompt/complete.js";
import { workspaceNames } from "./prompt/workspace-names.js";
import { ScreenUi } from "./screen-ui.js";
import type { Seat } from "./seat.js";
import { themeNamed } from "./theme.js";

type Parts = { config: Config; locale: Locale; seat: Seat };

/** The front end that the terminal is good for. Takes the terminal. */
export function frontEndOf({ config, locale, seat }: Parts): FrontEnd {
  const { stdin, stdout, env } = process;
  if (env.TERM === "dumb") return new LineUi({ input: stdin, output: stdout, locale, hands: seat });
  const known = redactor(config.keys);
  const theme = themeNamed(config.theme, { colours: colours(stdout), env });
  return new ScreenUi({
    streams: { stdin, stdout },
    look: { theme, locale },
    hands: seat,
    ...{ home: config.home, cwd: config.cwd, env: config.childEnv },
    redact: (text) => seat.redact(known.text(text)),
    editor: env.VISUAL || env.EDITOR,
    tmux: env.TMUX !== undefined,
    complete: completer({
      commands: () => seat.commands(),
      names: workspaceNames({ cwd: config.cwd, path: env.PATH, signal: new AbortController().signal }),
    }),
    gone: () => seat.leave(143),
  });
}
