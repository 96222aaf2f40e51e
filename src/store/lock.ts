import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { isAlive, processStart } from "../platform/alive.js";
import { errorCode } from "../platform/files.js";

const ADVICE = "Close it, or go on in a copy of the session: add --fork.";

/** Another living process has it, and the message says what to do. */
export class InUse extends Error {
  override readonly name = "InUse";
}

/**
 * Takes a lock file for this process and returns what releases it. A lock whose process has died is taken
 * over. Throws when a living process holds it, with what to do.
 */
export function takeLock(path: string, advice = ADVICE): () => void {
  const mine = JSON.stringify({ pid: process.pid, start: processStart(process.pid), host: hostname() });
  for (let tries = 0; tries < 3; tries += 1) {
    if (create(path, mine)) return () => rmSync(path, { force: true });
    const holder = read(path);
    if (holder !== undefined && isHeld(holder)) throw new InUse(busy(holder, path, advice));
    if (holder !== undefined) removeStale(path, holder);
  }
  throw new Error(`Another nanocoder is opening this session (lock ${path}). Try again.`);
}

// written aside and linked: whoever finds a lock finds all of it
function create(path: string, mine: string): boolean {
  const aside = `${path}.${process.pid}.new`;
  try {
    writeFileSync(aside, mine, { mode: 0o600 });
    linkSync(aside, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

type Holder = { pid?: number; start?: string; host?: string };

function parse(holder: string): Holder {
  try {
    const value: unknown = JSON.parse(holder);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

// of another machine's processes nothing can be told
function isHeld(holder: string): boolean {
  const { pid, start, host } = parse(holder);
  return pid !== undefined && (isElsewhere(host) || isAlive(pid, start));
}

function isElsewhere(host: string | undefined): boolean {
  return host !== undefined && host !== hostname();
}

function busy(holder: string, path: string, advice: string): string {
  const { pid, host } = parse(holder);
  if (!isElsewhere(host)) return `This session is open in another nanocoder (process ${pid}). ${advice}`;
  return `This session is open in a nanocoder on ${host} (process ${pid}), or was when that one crashed: then remove ${path}. ${advice}`;
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
