import type { Event } from "../core/event.js";
import type { Log } from "../core/log.js";
import { readLog } from "../store/log-file.js";

/** All that a log was told: a file's log lets go in memory of what a compaction took out of the conversation. */
export function wholeLog({ events, ...log }: Log & { path?: string }): readonly Event[] {
  return log.path === undefined ? events : readLog(log.path).events;
}
