import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";

/** A saved session: where it is and when it was last written (milliseconds since 1970). */
export type SavedSession = { id: string; path: string; at: number };

/** The folder of one workspace's sessions. Two workspaces may share one: `newest` looks at the recorded folder. */
export function sessionFolder(home: string, cwd: string): string {
  return join(home, "sessions", slug(cwd));
}

export function sessionPath(home: string, cwd: string, id: string): string {
  return join(sessionFolder(home, cwd), `${id}.jsonl`);
}

/** An id that sorts by time: day, time and four random characters. */
export function newSessionId(now: Date = new Date()): string {
  const [day, time] = now.toISOString().split("T");
  const random = Math.floor(Math.random() * 36 ** 4)
    .toString(36)
    .padStart(4, "0");
  return `${day?.replaceAll("-", "")}-${time?.slice(0, 8).replaceAll(":", "")}-${random}`;
}

/** The session of this workspace that was written last. */
export function newestSession(home: string, cwd: string): SavedSession | undefined {
  const saved = list(sessionFolder(home, cwd)).sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  return saved.find((session) => workspaceOf(session.path) === cwd);
}

/** A session by its id or an unambiguous beginning of it, in any workspace. */
export function findSession(home: string, id: string): SavedSession | undefined {
  const root = join(home, "sessions");
  const found = names(root).flatMap((folder) =>
    list(join(root, folder)).filter((session) => session.id.startsWith(id)),
  );
  const exact = found.find((session) => session.id === id);
  if (exact || found.length <= 1) return exact ?? found[0];
  throw new Error(`"${id}" is the beginning of ${found.length} sessions: ${found.map((each) => each.id).join(", ")}.`);
}

function list(folder: string): SavedSession[] {
  const files = names(folder).filter((name) => name.endsWith(".jsonl"));
  return files.map((name) => {
    const path = join(folder, name);
    return { id: basename(name, ".jsonl"), path, at: statSync(path).mtimeMs };
  });
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The name of a workspace's folder. Two workspaces may share one: what is kept in it names its own. */
export function slug(cwd: string): string {
  const flat = cwd.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^-|-$/g, "");
  return flat.slice(-100) || "root";
}

// the folder stands near the start of the first line, after nothing of unbounded length
function workspaceOf(path: string): string | undefined {
  const head = Buffer.alloc(16_384);
  const file = openSync(path, "r");
  const size = readSync(file, head, 0, head.length, 0);
  closeSync(file);
  const found = /"cwd":("(?:[^"\\]|\\.)*")/.exec(head.toString("utf8", 0, size))?.[1];
  return found === undefined ? undefined : String(JSON.parse(found));
}
