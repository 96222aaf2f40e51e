import { readFileSync } from "node:fs";
import type { Json } from "../core/message.js";
import { toEvent } from "./log-file.js";

/** What a session's file says last: its folder, and values of `state`. Absent: never said, or not in a whole line. */
export type Last = { cwd?: string; states: Readonly<Record<string, Json>> };

/** Finds the newest `session` fact and the newest value of each key, without reading the rest as events. */
export function lastSaid(path: string, keys: readonly string[]): Last {
  const bytes = readFileSync(path);
  const session = newest(bytes, '{"type":"session",');
  const states = keys.flatMap((key) => {
    const event = newest(bytes, `{"type":"state","key":${JSON.stringify(key)},`);
    return event?.type === "state" ? [[key, event.value]] : [];
  });
  return { ...(session?.type === "session" && { cwd: session.cwd }), states: Object.fromEntries(states) };
}

// a line holds no raw line feed, so what begins one stands at the beginning of a fact
function newest(bytes: Buffer, beginning: string) {
  const wanted = Buffer.from(beginning);
  for (let at = bytes.lastIndexOf(wanted); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(wanted, at - 1)) {
    const end = bytes.indexOf(10, at);
    const begins = at === 0 || bytes[at - 1] === 10 || at === 3;
    const event = begins ? toEvent(bytes.toString("utf8", at, end < 0 ? bytes.length : end)) : undefined;
    if (event) return event;
  }
  return undefined;
}
