import { linkSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { isAlive, processStart } from "../platform/alive.js";

const ADVICE = "Close it, or go on in a copy of the session: add --fork.";

/**
 * Takes a lock file for this process and returns what releases it. A lock whose process has died is taken
 * over. Throws when a living process holds it, with what to do.
 */
export function takeLock(path: string, advice = ADVICE): () => void {
  const mine = JSON.stringify({ pid: process.pid, start: processStart(process.pid) });
  for (let tries = 0; tries < 3; tries += 1) {
    if (create(path, mine)) return () => rmSync(path, { force: true });
    const holder = read(path);
    if (holder !== undefined && isHeld(holder, path)) throw new Error(`${busy(holder)} ${advice}`);
    if (holder !== undefined) removeStale(path, holder);
  }
  throw new Error(`Another nanocoder is opening this session (lock ${path}). Try again.`);
}

function create(path: string, mine: string): boolean {
  try {
    writeFileSync(path, mine, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function parse(holder: string): { pid?: number; start?: string } {
  try {
    return JSON.parse(holder);
  } catch {
    return {};
  }
}

function isHeld(holder: string, path: string): boolean {
  // it was made a moment ago, and does not say yet by whom
  if (holder === "") return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 1000;
  const { pid, start } = parse(holder);
  return pid !== undefined && isAlive(pid, start);
}

function busy(holder: string): string {
  return `This session is open in another nanocoder (process ${parse(holder).pid ?? "just begun"}).`;
}

// by rename, so that of two processes that saw the same dead lock only one removes it
function removeStale(path: string, seen: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (read(aside) !== seen) restore(aside, path);
  unlinkSync(aside);
}

function restore(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch {
    // a third process has taken it since: it holds the lock now
  }
}
