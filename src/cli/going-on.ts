import type { Resume } from "../app/assemble.js";
import { type Config, readConfig, thisMachine } from "../app/config.js";
import { resumed } from "../app/resumed.js";
import { UsageError } from "../app/usage-error.js";
import { visible } from "../platform/text.js";
import { listSessions } from "../store/session-list.js";
import type { RunFlags } from "./asked.js";
import { cutTo } from "./columns.js";

/** Sessions that a refusal to choose names. */
const NAMED = 5;

/** Finds the session to go on with, asking where no id was given; undefined when the person chose none. */
export async function goingOn(
  flags: RunFlags,
  notice: (line: string) => void,
): Promise<{ config: Config; resume: Resume } | undefined> {
  const { resume, fork = false } = flags;
  const machine = thisMachine();
  const id = resume === true ? await chosen(await readConfig(flags, machine)) : (resume ?? "last");
  return id === undefined ? undefined : resumed({ flags, machine, resume: { id, fork }, notice });
}

async function chosen({ home, cwd }: Config): Promise<string | undefined> {
  const { stdin, stderr } = process;
  if (!(stdin.isTTY && stderr.isTTY)) throw new UsageError(nobodyToAsk(home, cwd));
  const { pickSession } = await import("./pick-session.js");
  return pickSession({ home, cwd, input: stdin, output: stderr });
}

function nobodyToAsk(home: string, cwd: string): string {
  const { sessions } = listSessions(home, { cwd, limit: NAMED });
  const lines = sessions.map(({ id, title }) => `\n  ${id}  ${cutTo(visible(title), 60)}`);
  const newest = lines.length > 0 ? ` The newest of ${cwd}:${lines.join("")}` : ` There is none of ${cwd} yet.`;
  return `--resume without an ID lets you choose at a terminal, and here is none: give an id, or --continue for the newest.${newest}`;
}
