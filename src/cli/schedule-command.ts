import { type Config, readConfig, thisMachine } from "../app/config.js";
import { UsageError } from "../app/usage-error.js";
import { sentence } from "../core/run-tools.js";
import { nearest, visible } from "../platform/text.js";
import { wishIn } from "../plugins/schedule-times.js";
import { scheduleLine } from "../plugins/schedule-words.js";
import { Schedules } from "../plugins/schedules.js";
import { schedulePath } from "../store/schedule-file.js";
import type { Asked, ScheduleFlags } from "./asked.js";
import { brokenFor } from "./columns.js";
import { write } from "./output.js";
import { SCHEDULE_COMMANDS } from "./schedule-args.js";

type Wish = Extract<Asked, { type: "schedule" }>;
type Request = { schedules: Schedules; flags: ScheduleFlags; words: readonly string[] };

/** Lists, adds and removes the durable schedules of a folder, and runs them. */
export async function scheduleCommand({ what, flags, words }: Wish): Promise<number> {
  const config = await readConfig(flags, thisMachine());
  const schedules = schedulesOf(config);
  if (what === "run") return (await import("./schedule-run.js")).runSchedules({ config, flags, schedules });
  return { list, add, remove }[what]({ schedules, flags, words });
}

function schedulesOf({ home, cwd: folder }: Config): Schedules {
  const notice = (line: string) => process.stderr.write(`${visible(line)}\n`);
  return new Schedules({ folder, path: schedulePath(home, folder), notice });
}

async function list({ schedules, words: [word] }: Request): Promise<number> {
  if (word !== undefined) {
    const [near = `one of ${SCHEDULE_COMMANDS.join(", ")}`] = nearest(word, SCHEDULE_COMMANDS);
    throw new UsageError(`schedule: there is no command "${word}". Did you mean ${near}?`);
  }
  const lines = schedules.list().map((each) => visible(scheduleLine(each)));
  await print(lines.join("\n") || "Nothing is scheduled in this folder. nanocoder schedule add --help shows how.");
  return 0;
}

async function add({ schedules, flags: { zone }, words }: Request): Promise<number> {
  try {
    const { wished, prompt } = wishIn(words.join(" "));
    const added = await schedules.add({ ...wished, zone, prompt, durable: true });
    await print(
      `added ${visible(scheduleLine(added))}\nIt runs in a session of this folder, or with: nanocoder schedule run`,
    );
    return 0;
  } catch (error) {
    throw new UsageError(`schedule add: ${sentence(error)}`);
  }
}

async function remove({ schedules, words: [id = ""] }: Request): Promise<number> {
  const removed = await schedules.remove(id);
  if (removed) {
    await print(`removed ${visible(scheduleLine(removed))}`);
    return 0;
  }
  const known = schedules.list().map((each) => each.id);
  const why = id === "" ? "say which, by its ID" : `there is no "${id}" here`;
  throw new UsageError(`schedule remove: ${why}. Known: ${known.join(", ") || "none"}.`);
}

function print(text: string): Promise<void> {
  return write(process.stdout, `${brokenFor(text, process.stdout)}\n`, () => undefined);
}
