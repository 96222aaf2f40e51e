import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Log, memoryLog } from "../../src/core/log.js";
import { plainText } from "../../src/core/message.js";
import { type Order, Schedules } from "../../src/plugins/schedules.js";
import { falseClock } from "../setup/false-clock.js";
import { folder } from "../tools/tools.js";

/** When the clock of these tests begins. */
export const START = "2026-03-02T10:00:20Z";

export type Wish = { path?: string; clock?: ReturnType<typeof falseClock>; log?: Log };

/** Schedules at a clock that goes as it is told, and what they say. */
export function desk({
  path = join(folder(), "schedules/x.json"),
  clock = falseClock(START),
  log = memoryLog(),
}: Wish = {}) {
  const notices: string[] = [];
  const notice = (line: string) => notices.push(line);
  const schedules = new Schedules({ folder: "/work", path, log, clock, notice });
  const add = (order: Partial<Order>) => schedules.add({ prompt: "look", durable: true, zone: "UTC", ...order });
  const file = (): { schedules: unknown[] } => JSON.parse(readFileSync(path, "utf8"));
  /** Lets time go by and delivers what is due; `fails` are deliveries without an answer. */
  const pass = async (ms: number, { fails = false } = {}) => {
    clock.advance(ms);
    await schedules.look();
    const told: string[] = [];
    for (let taken = schedules.take(); taken; taken = schedules.take()) {
      told.push(plainText(taken.mail.parts));
      await schedules.settle(taken.schedule.id, !fails);
    }
    return told;
  };
  return { schedules, add, file, pass, notices, path, clock, log };
}
