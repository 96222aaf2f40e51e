import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { last } from "../core/fold.js";
import { type Log, memoryLog } from "../core/log.js";
import { damaged, openLog } from "../store/log-file.js";
import { newSessionId, sessionPath } from "../store/sessions.js";
import type { AgentOptions } from "./agent-options.js";
import type { Making } from "./assemble.js";
import { type OpenSession, openSession } from "./open-session.js";

type Where = Pick<Making, "config" | "redact" | "front">;

/** The session that the options of a program name. Throws when its file cannot be opened. */
export async function sessionOf({ log = memoryLog(), session }: AgentOptions, where: Where): Promise<OpenSession> {
  const { config, redact, front } = where;
  if (session === undefined) return typeof log === "string" ? inFile(resolve(log), where) : inMemory(log);
  const { resume: id, fork = false } = session;
  if (id !== undefined) return openSession({ ...config, redact }, { id, fork }, front);
  const fresh = newSessionId();
  const path = sessionPath(config.home, config.cwd, fresh);
  const file = openLog(path, redact);
  return { id: fresh, path, saved: false, log: file, release: () => file.close() };
}

function inFile(path: string, { redact, front }: Where): OpenSession {
  const file = openLog(path, redact);
  if (file.skipped > 0) front.notice(damaged(file.skipped, path));
  const saved = file.events.length > 0;
  return { id: idOf(file), path, saved, log: file, outputs: beside(path), release: () => file.close() };
}

// a file that goes on must find the results that were put aside
function beside(path: string): [string, string[]] {
  const folder = `${path.replace(/\.jsonl$/, "")}-outputs`;
  return [folder, [folder]];
}

function inMemory(log: Log): OpenSession {
  const folder = join(tmpdir(), `nanocoder-${randomUUID()}`);
  const release = () => rmSync(folder, { recursive: true, force: true });
  return { id: idOf(log), saved: log.events.length > 0, log, outputs: [folder, [folder]], release };
}

function idOf({ events }: Log): string {
  return last(events, "session")?.id ?? newSessionId();
}
