import type { Config } from "../../../app/config.js";
import type { Environment } from "../../../app/input.js";
import { visible } from "../../../platform/text.js";
import { findingsOf, linesOf } from "../../doctor.js";
import type { Finding } from "../../finding.js";
import type { Desk } from "../desk.js";
import { DOCTOR, findingIn } from "./doctor-words.js";

/** The terminal that a session runs in, as far as it tells. */
export type Terminal = { env: Environment; columns: number; rows: number };

/** `/doctor`: what `nanocoder doctor` finds, and what is to be known of the terminal. */
export async function doctorCommand(
  config: Config,
  terminal: Terminal,
  { ui, locale }: Pick<Desk, "ui" | "locale">,
): Promise<void> {
  const { looking, mend } = DOCTOR[locale];
  const done = ui.busy(looking);
  try {
    const findings = [...(await findingsOf(config)), ...terminalFindings(terminal)];
    const told = findings.map((finding) => findingIn(locale, finding));
    ui.say({ type: "text", text: linesOf(told, { colours: false, mend }).map(visible).join("\n") });
  } finally {
    done();
  }
}

/** Cells below which a session is hard to read. */
const LEAST = { columns: 40, rows: 10 };

export function terminalFindings({ env, columns, rows }: Terminal): Finding[] {
  const { TERM = "", COLORTERM, NO_COLOR, TERM_PROGRAM } = env;
  const name = [TERM || "no TERM", TERM_PROGRAM].filter((each) => each).join(", ");
  const colours = NO_COLOR
    ? "no colours (NO_COLOR)"
    : /truecolor|24bit/.test(COLORTERM ?? "")
      ? "24-bit colours"
      : "colours of the palette";
  const what = `terminal: ${name}, ${columns} x ${rows}, ${colours}`;
  const size: Finding[] =
    columns < LEAST.columns || rows < LEAST.rows
      ? [{ level: "note", what: `the window is small`, mend: `make it ${LEAST.columns} x ${LEAST.rows} or larger` }]
      : [];
  return [{ level: "good", what }, ...kind(TERM), ...size, ...charset(env), ...multiplexer(env)];
}

function kind(term: string): Finding[] {
  if (term !== "" && term !== "dumb") return [];
  const what = "the terminal does not say what it can: the session shows plain lines";
  return [{ level: "note", what, mend: "set TERM to what your terminal is, such as xterm-256color" }];
}

// the first that is set counts, as for libc
function charset({ LC_ALL, LC_CTYPE, LANG }: Environment): Finding[] {
  const said = [LC_ALL, LC_CTYPE, LANG].find((each) => each);
  if (said !== undefined && /utf-?8/i.test(said)) return [];
  const what = `the locale is ${said ?? "not set"}, not UTF-8: what other programs write may be unreadable`;
  return [{ level: "note", what, mend: "export LANG=C.UTF-8, or that of your language, such as zh_CN.UTF-8" }];
}

function multiplexer({ TMUX, STY }: Environment): Finding[] {
  if (TMUX)
    return [
      {
        level: "note",
        what: "inside tmux: Shift+Enter and notifications reach the terminal only when tmux lets them through",
        mend: "in ~/.tmux.conf: set -s extended-keys on, and set -g allow-passthrough on",
      },
    ];
  if (!STY) return [];
  return [
    { level: "note", what: "inside screen: Shift+Enter is Enter there", mend: "begin a new line with \\ and Enter" },
  ];
}
