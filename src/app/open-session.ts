import { join } from "node:path";
import { type Log, memoryLog } from "../core/log.js";
import type { Redactor } from "../platform/secrets.js";
import { damaged, openLog } from "../store/log-file.js";
import { newSessionId, sessionPath } from "../store/sessions.js";
import type { Config } from "./config.js";
import type { Front, Resume } from "./front.js";

type Redacting = Config & { redact: Redactor };

/** A session and where it is kept; `saved`: it had begun before. `path` is absent in memory. */
export type OpenSession = {
  id: string;
  path?: string;
  saved: boolean;
  log: Log;
  /** Where the whole of long results goes, and which folders of them may be read; beside the sessions when absent. */
  outputs?: [string, string[]];
  release(): void;
};

/** Opens a new session, or the one to go on with. */
export async function openSession(config: Redacting, resume: Resume, front: Front): Promise<OpenSession> {
  const saved = await savedOne(config, resume, front);
  const id = saved?.id ?? newSessionId();
  const path = saved?.path ?? sessionPath(config.home, config.cwd, id);
  const session = saved ? reopen(path, config, front) : openNew(path, config, front);
  return { ...session, id, path, saved: saved !== undefined };
}

async function savedOne(config: Config, { newest, id, fork }: Resume, front: Front) {
  if (!newest && id === undefined) return undefined;
  const saved = (await import("./saved-session.js")).savedSession(config, id ?? "last");
  if (!fork) return saved;
  const forked = (await import("../store/fork.js")).forkSession(saved);
  if (forked.skipped > 0) front.notice(damaged(forked.skipped, saved.path));
  return forked;
}

// a fork may read what the sessions it goes back to had put aside
/** Where a session's long results go, and the folders of them that it may read. */
export async function outputFolders(home: string, id: string, parent: string | undefined): Promise<[string, string[]]> {
  const before = parent === undefined ? [] : (await import("../store/fork.js")).forebears(home, parent);
  const folders = [id, ...before].map((each) => join(home, "outputs", each));
  return [join(home, "outputs", id), folders];
}

function reopen(path: string, { redact }: Redacting, front: Front): { log: Log; release(): void } {
  const log = openLog(path, redact);
  if (log.skipped > 0) front.notice(damaged(log.skipped, path));
  return { log, release: () => log.close() };
}

// work that cannot be saved is still work
function openNew(path: string, config: Redacting, front: Front): { log: Log; release(): void } {
  try {
    return reopen(path, config, front);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    front.notice(`This session is not saved: ${error.message}. Set NANOCODER_HOME to a folder that can be written.`);
    return { log: memoryLog(), release: () => undefined };
  }
}
