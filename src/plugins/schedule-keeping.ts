import type { Fact } from "../core/event.js";
import type { Log } from "../core/log.js";
import { type Json, plainText } from "../core/message.js";
import { changeSchedules, isSchedule, type Schedule } from "../store/schedule-file.js";

/** Who mail of schedules is from, and the beginning of their state keys. */
export const SCHEDULE = "schedule";
const KEY = `${SCHEDULE}:`;

/** Where schedules are: the file of the durable ones, and the log of a session for its own. */
type Where = { path: string; log?: Log };

/** Those of a session. */
export function ownIn(log: Log | undefined): Schedule[] {
  const kept = new Map<string, Json>();
  for (const event of log?.events ?? [])
    if (event.type === "state" && event.key.startsWith(KEY)) kept.set(event.key, event.value);
  const values: unknown[] = [...kept.values()];
  return values.filter(isSchedule);
}

/** What takes the words of pending ones out of a log in which a process died before a model had answered to them: they come again. */
export function unanswered({ events }: Log, all: readonly Schedule[]): Fact[] {
  const answered = events.findLastIndex((event) => event.type === "reply" && event.stop !== "cut");
  const since = events.slice(answered + 1);
  const voided = new Set(since.map((event) => (event.type === "retried" ? event.voids : undefined)));
  const waits = (words: string) => all.some(({ id, pending }) => pending !== undefined && words.includes(id));
  return since.flatMap((event): Fact[] => {
    if (event.type !== "prompt" || event.from !== SCHEDULE || voided.has(event.seq)) return [];
    if (!waits(plainText(event.parts))) return [];
    return [{ type: "retried", reason: "a schedule was not delivered", attempt: 1, voids: event.seq }];
  });
}

/** Keeps a new one. Throws where it cannot be written. */
export async function keep(schedule: Schedule, { path, log }: Where): Promise<void> {
  if (schedule.durable) return changeSchedules(path, (all) => [...all, schedule]);
  if (!log)
    throw new Error("This run ends with its answer, and such a schedule with it: only a durable one comes later.");
  log.append({ type: "state", key: KEY + schedule.id, value: schedule });
}

/** Makes of one what `change` says, or lets go of it; one that is gone meanwhile stays so. Throws where it cannot be written. */
export async function alter(
  { id, durable }: Schedule,
  change: (now: Schedule) => Schedule | undefined,
  { path, log }: Where,
): Promise<void> {
  if (durable)
    return changeSchedules(path, (all) => all.flatMap((each) => (each.id === id ? (change(each) ?? []) : [each])));
  const now = ownIn(log).find((each) => each.id === id);
  if (now) log?.append({ type: "state", key: KEY + id, value: change(now) ?? null });
}
