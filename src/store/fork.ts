import { existsSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Event } from "../core/event.js";
import { readLog } from "./log-file.js";
import { headOf } from "./session-head.js";
import { findSessions, newSessionId, type SavedSession } from "./sessions.js";

export type Forked = { id: string; path: string; skipped: number };

/**
 * Makes a session that begins with the events of another one, which stays as it was and may be open elsewhere.
 * Its `session` fact names where it comes from. Throws when there is nothing to begin with, or it cannot be written.
 */
export function forkSession({ id: from, path: old }: SavedSession): Forked {
  const { events, skipped } = readLog(old);
  const seq = events.at(-1)?.seq;
  if (seq === undefined) throw new Error(`The session ${from} holds nothing to go on from (${old}).`);
  const id = freeId(dirname(old));
  const path = join(dirname(old), `${id}.jsonl`);
  const lines = events.map((event) => Buffer.from(`${JSON.stringify(renamed(event, id, { id: from, seq }))}\n`));
  // whole or not at all: what is half written would be taken for a session
  const aside = `${path}.new`;
  writeFileSync(aside, Buffer.concat(lines), { flag: "wx", mode: 0o600 });
  renameSync(aside, path);
  return { id, path, skipped };
}

function freeId(folder: string): string {
  const id = newSessionId();
  return existsSync(join(folder, `${id}.jsonl`)) ? freeId(folder) : id;
}

// `parent` before `system`, so that a list finds it in the beginning of the file
function renamed(event: Event, id: string, parent: { id: string; seq: number }): Event {
  if (event.type !== "session") return event;
  const { type, version, cwd, system, seq } = event;
  return { type, version, id, cwd, parent, system, seq, at: Date.now() };
}

/** The ids of the sessions that a session goes back to, nearest first, as far as their files are there. */
export function forebears(home: string, parent: string): string[] {
  const ids: string[] = [];
  for (let id: string | undefined = parent; id !== undefined && !ids.includes(id); ) {
    ids.push(id);
    const path: string | undefined = findSessions(home, id)[0]?.path;
    id = path === undefined ? undefined : headOf(path, 0).parent?.id;
  }
  return ids;
}
