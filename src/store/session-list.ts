import { type Head, headOf, headRoom, isOf } from "./session-head.js";
import { childrenOf, type SavedSession, savedIn, sessionFolder, sessionFolders } from "./sessions.js";

/** Milliseconds for counting turns in all long files together; what is not counted by then is not told. */
const COUNTING = 80;

export type ListedSession = SavedSession & Head;
/** `cwd`: of this workspace only. */
export type ListWish = { cwd?: string; limit: number };

/** The sessions that were written last, newest first; `more` when older ones were left out. A file that cannot be read is not there. */
export function listSessions(home: string, { cwd, limit }: ListWish): { sessions: ListedSession[]; more: boolean } {
  const saved = savedIn(cwd === undefined ? sessionFolders(home) : [sessionFolder(home, cwd)]);
  const until = performance.now() + COUNTING;
  const room = headRoom();
  const sessions: ListedSession[] = [];
  for (const each of saved) {
    const head = attempt(() => headOf(each.path, until, room));
    if (head === undefined || (cwd !== undefined && !isOf(cwd, head))) continue;
    if (sessions.length === limit) return { sessions, more: true };
    sessions.push({ ...each, ...head });
  }
  return { sessions, more: false };
}

/** The sessions of a session's sub-agents, oldest first. */
export function listChildren(parent: SavedSession): ListedSession[] {
  const until = performance.now() + COUNTING;
  return childrenOf(parent).flatMap((each) => {
    const head = attempt(() => headOf(each.path, until));
    return head === undefined ? [] : [{ ...each, ...head }];
  });
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
