import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, realpathSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errorCode, makeFolder } from "../platform/files.js";
import { writePrivate } from "../platform/write-whole.js";
import { turnAt } from "./turns.js";

/** What a person sent from the prompt of an interactive session. */
export type Entry = {
  /** Milliseconds since 1970. */
  at: number;
  cwd: string;
  words: string;
  /** Its beginning was pasted: it is text, whatever it begins with. */
  plain: boolean;
};

/** Entries that are kept, entries and bytes that make the file be shortened, characters of an entry that goes into the file. */
const MOST = { entries: 1000, lines: 1250, bytes: 4_000_000, words: 32_000 };

const fileIn = (home: string) => join(home, "history.jsonl");

/** What was sent before by this person in any session, oldest first. What cannot be read is left out. */
export function readHistory(home: string): Entry[] {
  return entriesIn(slurp(fileIn(home)));
}

/**
 * Keeps what was sent, in a file that only its user may read. Several sessions take turns; none loses what another
 * wrote. A text over 32,000 characters is not kept.
 */
export async function addToHistory(home: string, entry: Entry): Promise<void> {
  if (entry.words.length > MOST.words) return;
  makeFolder(home, 0o700);
  // the home may be a link
  const path = fileIn(realpathSync(home));
  const release = await turnAt(`${path}.lock`, "the history of prompts");
  try {
    append(path, JSON.stringify(entry));
    shorten(path);
  } finally {
    release();
  }
}

// what a crash cut off ends where the next line begins
function append(path: string, line: string): void {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW, 0o600);
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    if (size > 0) readSync(file, last, 0, 1, size - 1);
    writeSync(file, `${size > 0 && last.toString() !== "\n" ? "\n" : ""}${line}\n`);
  } finally {
    closeSync(file);
  }
}

function shorten(path: string): void {
  const text = slurp(path);
  const lines = text.split("\n").length - 1;
  if (lines <= MOST.lines && Buffer.byteLength(text) <= MOST.bytes) return;
  let bytes = 0;
  const kept = entriesIn(text)
    .slice(-MOST.entries)
    .map((entry) => `${JSON.stringify(entry)}\n`)
    .toReversed();
  // half of what is too much, so that it is not shortened again at once
  const fitting = kept.filter((line) => {
    bytes += Buffer.byteLength(line);
    return bytes <= MOST.bytes / 2;
  });
  writePrivate(path, fitting.toReversed().join(""));
}

function slurp(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return "";
    throw error;
  }
}

function entriesIn(text: string): Entry[] {
  return text.split("\n").flatMap((line) => {
    const entry = line === "" ? undefined : parsed(line);
    return isEntry(entry) ? [entry] : [];
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== "object" || value === null) return false;
  const { at, cwd, words, plain } = value as Partial<Entry>;
  return typeof at === "number" && typeof cwd === "string" && typeof words === "string" && typeof plain === "boolean";
}
