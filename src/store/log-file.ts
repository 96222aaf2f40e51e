import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Event, Fact } from "../core/event.js";
import type { Log } from "../core/log.js";
import { sentence } from "../core/run-tools.js";
import { makeFolder } from "../platform/files.js";
import { type Redactor, redactor } from "../platform/secrets.js";
import { isEvent } from "./event-shape.js";
import { takeLock } from "./lock.js";
import { shed } from "./shed.js";

/**
 * A log in a file: one JSON line per event, written whole before `append` returns.
 *
 * @example
 * const told = ({ path, skipped }: LogFile) => `${path}: ${skipped} damaged lines`;
 */
export type LogFile = Log & {
  /** Absolute, or as it was given. */
  readonly path: string;
  /** Lines that were no event and were left out; they stay in the file. */
  readonly skipped: number;
  /** Lets go of the file. */
  close(): void;
};

/**
 * Opens a session's file for this process alone, and makes it when it is absent. A last line that a crash
 * cut short is removed. Secrets are written as marks (by `redact`, else those of known shapes); `events` keeps
 * what this process appended as it was.
 * Throws when another living process has it open, or when it cannot be written.
 *
 * @example
 * const log = openLog("./session.jsonl");
 * const agent = await createAgent({ model, log });
 */
export function openLog(path: string, redact: Redactor = redactor([])): LogFile {
  makeFolder(dirname(path), 0o700);
  const release = takeLock(`${path}.lock`);
  try {
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
    const { events, skipped } = load(file);
    shed(events);
    let open = true;
    return {
      path,
      events,
      skipped,
      append(fact) {
        // its number may be another file's by now
        if (!open) throw new Error(`${path} is closed.`);
        return write({ file, path, events, redact }, fact);
      },
      close() {
        if (!open) return;
        open = false;
        closeSync(file);
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** The events of a session's file, for reading only. A last line that is cut short, or still being written, is no damage. */
export function readLog(path: string): { events: Event[]; skipped: number } {
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf("\n") + 1;
  return parse(toEvent(bytes.toString("utf8", whole)) === undefined ? bytes.subarray(0, whole) : bytes);
}

/** What is said of lines that were no event. */
export function damaged(count: number, path: string): string {
  return `${count} damaged ${count === 1 ? "line" : "lines"} of ${path} ${count === 1 ? "was" : "were"} left out.`;
}

function load(file: number): { events: Event[]; skipped: number } {
  if (fstatSync(file).size === 0) return { events: [], skipped: 0 };
  const bytes = readFileSync(file);
  const whole = bytes.lastIndexOf("\n") + 1;
  const torn = bytes.subarray(whole).toString("utf8");
  if (torn === "") return parse(bytes);
  const complete = toEvent(torn) !== undefined;
  if (complete) writeSync(file, "\n");
  else ftruncateSync(file, whole);
  return parse(complete ? bytes : bytes.subarray(0, whole));
}

// line by line: all of a long log is more than one string can hold
function parse(bytes: Buffer): { events: Event[]; skipped: number } {
  const events: Event[] = [];
  let skipped = 0;
  for (let at = 0, end = 0; at < bytes.length; at = end + 1) {
    const found = bytes.indexOf("\n", at);
    end = found < 0 ? bytes.length : found;
    if (end === at) continue;
    const event = toEvent(bytes.toString("utf8", at, end));
    if (event) events.push(event);
    else skipped += 1;
  }
  return { events, skipped };
}

/** The event that a line holds. */
export function toEvent(line: string): Event | undefined {
  try {
    // an editor may have put a mark in front of the first line
    const value: unknown = JSON.parse(line.charCodeAt(0) === 0xfeff ? line.slice(1) : line);
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

type Open = { file: number; path: string; events: Event[]; redact: Redactor };

function write({ file, path, events, redact }: Open, fact: Fact): Event {
  const event: Event = { ...fact, seq: (events.at(-1)?.seq ?? -1) + 1, at: Date.now() };
  const line = Buffer.from(`${JSON.stringify(withoutSecrets(event, redact))}\n`);
  let written = 0;
  try {
    while (written < line.length) written += writeSync(file, line, written);
  } catch (error) {
    // what was written of the line goes again, so that the next one starts where it should
    if (written > 0) ftruncateSync(file, fstatSync(file).size - written);
    const why = sentence(error);
    throw new Error(
      `The session could not be written to ${path} (${why}). Nothing after the last saved step was sent.`,
    );
  }
  events.push(event);
  if (event.type === "compacted") shed(events);
  // what was taken back has to stand there whole again
  if (event.type === "retried" && event.voids !== undefined && isCompaction(events, event.voids)) {
    // one by one: there may be more than a call takes arguments
    for (const [at, each] of readLog(path).events.entries()) events[at] = each;
    shed(events);
  }
  return event;
}

function isCompaction(events: readonly Event[], seq: number): boolean {
  return events.some((event) => event.type === "compacted" && event.seq === seq);
}

// what a session is found and put together by, what only a provider reads, and pictures
const KEPT = new Set(["type", "key", "id", "callId", "cwd", "parent", "opaque", "data"]);

function withoutSecrets(record: object, redact: Redactor): object {
  const changed =
    "type" in record && record.type === "thinking" && "text" in record && redact.json(record.text) !== record.text;
  // its provider's token vouches for the very text: it would be refused with another
  if (changed && "opaque" in record) return withoutSecrets(withoutOpaque(record), redact);
  const kept = (key: string, value: unknown): unknown => {
    if (KEPT.has(key)) return value;
    if (key === "parts" && Array.isArray(value)) return value.map((part) => withoutSecrets(part, redact));
    if (key === "call" && typeof value === "object" && value) return withoutSecrets(value, redact);
    return redact.json(value);
  };
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, kept(key, value)]));
}

function withoutOpaque({ opaque: _, ...rest }: { opaque: unknown }): object {
  return rest;
}
