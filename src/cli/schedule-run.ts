import { assemble } from "../app/assemble.js";
import { type Config, readConfig, thisMachine } from "../app/config.js";
import { UsageError } from "../app/usage-error.js";
import type { Mail } from "../core/inbox.js";
import { run } from "../core/loop.js";
import { sentence } from "../core/run-tools.js";
import { duration, visible } from "../platform/text.js";
import type { Schedules } from "../plugins/schedules.js";
import type { Schedule } from "../store/schedule-file.js";
import type { ScheduleFlags } from "./asked.js";
import { deniedLines } from "./denied-lines.js";
import { type Interrupts, interrupts } from "./interrupts.js";
import { noModel } from "./no-model.js";
import { leaveNow, PATIENCE, refuse } from "./one-shot.js";
import { firstLine } from "./progress.js";
import { summarise } from "./summary.js";
import { timeOf } from "./when.js";

type Service = { config: Config; flags: ScheduleFlags; schedules: Schedules };
type Firing = { schedule: Schedule; mail: Mail };

/** Stays, and gives each schedule of the folder a run of its own as it comes, until it is interrupted. */
export async function runSchedules(service: Service): Promise<number> {
  const { config, schedules } = service;
  if (config.choice === undefined && config.gateway === undefined) throw new UsageError(await noModel());
  const stop = interrupts(undefined, (cause) => void leaveNow(cause));
  let wake: () => void = () => undefined;
  stop.signal.addEventListener("abort", () => wake(), { once: true });
  try {
    await schedules.start(() => wake(), true).catch(refused);
    const { length } = schedules.list();
    say(`${length === 1 ? "1 schedule" : `${length} schedules`} in ${config.cwd}; Ctrl-C ends this.`);
    while (!stop.signal.aborted) {
      const firing = schedules.take();
      if (firing) await fire(firing, service, stop);
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    return stop.cause === "SIGINT" ? 130 : 143;
  } finally {
    await schedules.close();
    stop.end();
  }
}

function refused(error: unknown): never {
  const [process] = /process \d+/.exec(sentence(error)) ?? [];
  if (!(error instanceof Error) || error.name !== "InUse") throw error;
  throw new UsageError(
    `schedule run: another nanocoder (${process}) fires the schedules of this folder already, a service or a session: end that one first.`,
  );
}

// what cannot begin is tried again, as what no model answered
async function fire({ schedule, mail }: Firing, { flags, schedules }: Service, stop: Interrupts): Promise<void> {
  const began = performance.now();
  try {
    const { words, delivered } = await work(mail, flags, stop);
    say(`${schedule.id} ${words.replace("{time}", duration(performance.now() - began))}`);
    await schedules.settle(schedule.id, delivered);
  } catch (error) {
    say(`${schedule.id} failed: ${sentence(error)}`);
    await schedules.settle(schedule.id, false);
  }
}

async function work(mail: Mail, flags: ScheduleFlags, stop: Interrupts) {
  const config = await readConfig(flags, thisMachine());
  const { agent, id, close } = await assemble(config, {}, { ask: refuse, notice: say, patience: PATIENCE });
  const first = agent.log.events.length;
  agent.inbox.post(mail);
  try {
    for await (const _ of run(agent, stop.signal));
  } finally {
    await close();
  }
  const events = agent.log.events.slice(first);
  const { subtype, result, denials, reason } = summarise(events, stop.cause);
  for (const line of deniedLines(denials)) say(firstLine(line));
  const how = subtype === "success" ? "done" : `${subtype} (${firstLine(reason)})`;
  const delivered = events.some((event) => event.type === "reply" && event.stop !== "cut");
  return { words: `${how} in {time}, session ${id}: ${firstLine(result)}`, delivered };
}

function say(line: string): void {
  process.stderr.write(`${timeOf(Date.now())} ${visible(line)}\n`);
}
