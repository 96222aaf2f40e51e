import type { Resume } from "../../../app/assemble.js";
import { type Config, readConfig, thisMachine } from "../../../app/config.js";
import { resumed } from "../../../app/resumed.js";
import { UsageError } from "../../../app/usage-error.js";
import { listSessions } from "../../../store/session-list.js";
import type { RunFlags } from "../../asked.js";
import { ago } from "../ago.js";
import type { Locale } from "../locale.js";
import type { Ui } from "../port.js";
import { setUp } from "./set-up.js";
import { trustQuestion } from "./trust-question.js";

/** Sessions that a choice offers. */
const OFFERED = 2000;

const WORDS: Record<Locale, { which: string; none: string }> = {
  en: { which: "Which session?", none: "No session was chosen." },
  zh: { which: "继续哪个会话？", none: "没有选择会话。" },
};

type Room = { ui: Ui; locale: Locale; flags: RunFlags };

/** What a session begins with, or the exit code where it does not begin. */
export type Begun = { flags: RunFlags; config: Config; resume: Resume } | { exitCode: number };

/** Asks what must be known before a session can begin: whether the folder is trusted, which session, and who answers. */
export async function begin(room: Room, first: Config): Promise<Begun> {
  const { ui, locale } = room;
  const flags = await trusting(room, first);
  const config = flags === room.flags ? first : await readConfig(flags, thisMachine());
  const resume = await wanted({ ...room, flags }, config);
  if (resume === undefined) {
    ui.say({ type: "note", text: WORDS[locale].none });
    return { exitCode: 0 };
  }
  const ready = config.choice === undefined && config.gateway === undefined ? await supplied(room, config) : config;
  if (ready === undefined) return { exitCode: 2 };
  const notice = (text: string) => ui.say({ type: "note", text });
  if (resume.id === undefined) return { flags, config: ready, resume };
  return { flags, ...(await resumed({ flags, machine: thisMachine(), resume, notice })) };
}

// what was answered changes what the settings of the folder give
async function trusting({ ui, locale, flags }: Room, { home, cwd }: Config): Promise<RunFlags> {
  if (flags.trust) return flags;
  const answer = await trustQuestion({ ui, locale, home, cwd });
  if (answer === "once") return { ...flags, trust: true };
  return answer === "trusted" ? { ...flags } : flags;
}

function supplied({ ui, locale, flags }: Room, { home }: Config): Promise<Config | undefined> {
  return setUp({ ui, locale, flags, home, machine: thisMachine() });
}

async function wanted(room: Room, config: Config): Promise<Resume | undefined> {
  const { continue: newest, resume, fork = false } = room.flags;
  if (newest || resume !== undefined) {
    const id = resume === true ? await chosen(room, config) : (resume ?? "last");
    return id === undefined ? undefined : { id, fork };
  }
  if (fork) throw new UsageError("--fork copies a session to go on with: say which by --continue or --resume ID.");
  return {};
}

async function chosen({ ui, locale }: Room, { home, cwd }: Config): Promise<string | undefined> {
  const { sessions } = listSessions(home, { cwd, limit: OFFERED });
  if (sessions.length === 0)
    throw new UsageError(`There is no session of ${cwd} to continue. See nanocoder sessions --all.`);
  const now = Date.now();
  const items = sessions.map(({ id, title, at }) => ({ value: id, label: title, about: ago(at, now, locale) }));
  return ui.choose({ title: WORDS[locale].which, items });
}
