import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { headOf, isOf, workspaceOf } from "./session-head.js";

/** A saved session: where it is and when it was last written (milliseconds since 1970). */
export type SavedSession = { id: string; path: string; at: number };

/** The folder of one workspace's sessions. Two workspaces may share one: `newest` looks at the recorded folder. */
export function sessionFolder(home: string, cwd: string): string {
  return join(home, "sessions", slug(cwd));
}

export function sessionPath(home: string, cwd: string, id: string): string {
  return join(sessionFolder(home, cwd), `${id}.jsonl`);
}

/** Where the sessions of a session's sub-agents are, by its file. */
export function childFolder(path: string): string {
  return path.replace(/\.jsonl$/, "");
}

/** The sessions of its sub-agents, oldest first. */
export function childrenOf({ path }: Pick<SavedSession, "path">): SavedSession[] {
  return savedIn([childFolder(path)]).sort((a, b) => (a.id < b.id ? -1 : 1));
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
  return savedIn([sessionFolder(home, cwd)]).find(({ path }) => {
    const recorded = workspaceOf(path);
    return recorded === undefined ? isOf(cwd, headOf(path, 0)) : recorded === cwd;
  });
}

/** The sessions of any workspace whose id begins so, newest first, or else those of sub-agents; only the one whose id it is, where there is one. */
export function findSessions(home: string, id: string): SavedSession[] {
  const found = savedIn(sessionFolders(home), id);
  const exact = found.find((session) => session.id === id);
  if (found.length > 0 || id === "") return exact ? [exact] : found;
  const folders = sessionFolders(home).flatMap((folder) => names(folder).map((name) => join(folder, name)));
  return savedIn(
    folders.filter((folder) => !folder.endsWith(".jsonl")),
    id,
  );
}

/** The folders of all workspaces. */
export function sessionFolders(home: string): string[] {
  const root = join(home, "sessions");
  return names(root).map((folder) => join(root, folder));
}

// an id is a file's name and a folder's: no other name is taken for one
const FILE = /^\w[\w.-]*\.jsonl$/;

/** The sessions in these folders whose id begins so, the one that was written last first. */
export function savedIn(folders: readonly string[], beginning = ""): SavedSession[] {
  const saved: SavedSession[] = [];
  for (const folder of folders) {
    for (const name of names(folder)) {
      if (!(name.startsWith(beginning) && FILE.test(name))) continue;
      // there may be ten thousand: `join` would take as long as looking
      const path = `${folder}/${name}`;
      const at = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
      if (at !== undefined) saved.push({ id: name.slice(0, -".jsonl".length), path, at });
    }
  }
  return saved.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
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
