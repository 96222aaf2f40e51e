import { join } from "node:path";
import { nearest } from "../platform/text.js";
import { findSessions, newestSession, type SavedSession, savedIn, sessionFolders } from "../store/sessions.js";
import { UsageError } from "./usage-error.js";

/** Ids that a refusal names. */
const NAMED = 5;

/** A session by its id, by an unambiguous beginning of it, or the workspace's newest as `last`. Throws a UsageError. */
export function savedSession({ home, cwd }: { home: string; cwd: string }, id: string): SavedSession {
  if (id === "last") {
    const newest = newestSession(home, cwd);
    if (newest) return newest;
    throw new UsageError(`There is no session of ${cwd} to continue. See nanocoder sessions --all.`);
  }
  const found = findSessions(home, id);
  const [only] = found;
  if (only === undefined) throw new UsageError(unknown(home, id));
  if (found.length === 1) return only;
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : "";
  const names = found.slice(0, NAMED).map((each) => each.id);
  throw new UsageError(
    `"${id}" is the beginning of ${found.length} sessions: ${names.join(", ")}${more}. Give more of it.`,
  );
}

// what was typed may be a mistyped beginning
function unknown(home: string, id: string): string {
  const ids = savedIn(sessionFolders(home)).map((each) => each.id);
  const [near] = nearest(
    id,
    ids.map((each) => each.slice(0, id.length)),
  );
  const meant = near === undefined ? undefined : ids.find((each) => each.startsWith(near));
  const hint = meant === undefined ? "See nanocoder sessions --all." : `Did you mean ${meant}?`;
  return `There is no session "${id}" in ${join(home, "sessions")}. ${hint}`;
}
