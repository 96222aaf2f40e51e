import { readConfig, thisMachine } from "../../app/config.js";
import { UsageError } from "../../app/usage-error.js";
import { last } from "../../core/fold.js";
import { listModels } from "../../models/list-models.js";
import type { RunFlags } from "../asked.js";
import { builtinCommands } from "./commands/commands.js";
import { promptCommands } from "./commands/mcp-commands.js";
import { ownCommands } from "./commands/own-commands.js";
import { type Desk, openDesk } from "./desk.js";
import { endingOf } from "./ending.js";
import { frontEndOf } from "./front-end.js";
import { lateUi } from "./late-ui.js";
import { localeOf } from "./locale.js";
import { Seat } from "./seat.js";
import type { SlashCommand } from "./slash.js";
import { begin } from "./start/begin.js";
import { greeting } from "./start/greeting.js";

/** What is sent first, and what the greeting names. */
export type Start = { prompt: string | undefined; version: string };

/** `nanocoder` at a terminal: a session, until the person leaves it; gives the exit code. */
export async function repl(flags: RunFlags, start: Start): Promise<number> {
  checkFlags(flags);
  const config = await readConfig(flags, thisMachine());
  const locale = localeOf(process.env);
  let desk: Desk | undefined;
  const seat = new Seat(() => ui.ready());
  // a session that cannot be opened leaves the terminal alone
  const ui = lateUi(() => frontEndOf({ config, locale, seat }));
  const room = { ui, locale, flags };
  const ending = endingOf({ seat, locale, ui, desk: () => desk });
  const left = seat.left.then((exitCode) => ({ exitCode }));
  try {
    const begun = await Promise.race([begin(room, config), left]);
    if ("exitCode" in begun) return begun.exitCode;
    desk = await openDesk({ ...room, flags: begun.flags }, begun);
    await attend(desk, seat, start);
    const { exitCode } = await left;
    await ui.dismiss();
    await desk.close();
    return exitCode;
  } finally {
    ending.end();
    ending.calm();
  }
}

const HEADLESS = ["outputSchema", "inputFormat", "includePartial", "timeout"] as const;

function checkFlags(flags: RunFlags): void {
  const found = HEADLESS.find((name) => flags[name] !== undefined);
  const flag =
    flags.outputFormat === "text" ? found?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) : "output-format";
  if (flag === undefined) return;
  throw new UsageError(`--${flag} is for a run without a person: nanocoder -p "what to do" --${flag} …`);
}

async function attend(desk: Desk, seat: Seat, { prompt, version }: Start): Promise<void> {
  const { ui, opened } = desk;
  const commands = (): readonly SlashCommand[] => [...builtin, ...own(), ...promptCommands(desk)];
  const builtin = builtinCommands({ all: commands, leave: () => seat.leave(), listModels });
  const own = await ownCommands(desk, builtin);
  const { events } = opened.agent.log;
  if (last(events, "prompt") === undefined) ui.say({ type: "note", text: greeting(desk, version) });
  seat.take(desk, commands);
  ui.recount(events);
  seat.submit(prompt ?? "");
}
