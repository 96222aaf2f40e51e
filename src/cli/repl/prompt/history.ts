import { addToHistory, type Entry, readHistory } from "../../../store/prompt-history.js";
import type { Past } from "./browsing.js";

/** What was sent before, newest first: `near` has what was sent in this folder first. */
export type History = { near(): readonly Past[]; all(): readonly Past[]; add(past: Past): void };

type Parts = {
  /** The folder of the file. */
  home: string;
  cwd: string;
  /** Takes secrets out of what goes into the file. */
  redact(text: string): string;
  /** The file could not be read or written; told once. */
  failed(error: unknown): void;
};

/** The history of prompts in the user's folder, read when it is first asked for. `settled` waits for the file. */
export function fileHistory({ home, cwd, redact, failed }: Parts): History & { settled(): Promise<void> } {
  let entries: Entry[] | undefined;
  let work = Promise.resolve();
  let isTold = false;
  const tell = (error: unknown) => {
    if (!isTold) failed(error);
    isTold = true;
  };
  const loaded = () => {
    if (entries === undefined) entries = attempt(() => readHistory(home), tell) ?? [];
    return entries;
  };
  const all = () => unique(loaded().toReversed());
  return {
    all,
    near: () => [...all()].sort((a, b) => Number(b.cwd === cwd) - Number(a.cwd === cwd)),
    add(past) {
      const entry = { at: Date.now(), cwd, ...past };
      // what was sent twice in a row is one entry
      const isSame = loaded().at(-1)?.words === past.words && loaded().at(-1)?.cwd === cwd;
      if (isSame) return;
      entries = [...loaded(), entry];
      work = work.then(() => addToHistory(home, { ...entry, words: redact(past.words) })).catch(tell);
    },
    settled: () => work,
  };
}

// of equal ones the newest
function unique(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string>();
  return entries.filter(({ words }) => !seen.has(words) && seen.add(words));
}

function attempt<T>(read: () => T, failed: (error: unknown) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    failed(error);
    return undefined;
  }
}
