import { readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isFields } from "../platform/fields.js";
import { errorCode, fileReason, makeFolder } from "../platform/files.js";
import { writePrivate } from "../platform/write-whole.js";
import { slug } from "./sessions.js";
import { turnAt } from "./turns.js";

/** Moments are milliseconds since 1970. */
export type When =
  | { type: "cron"; line: string; zone: string }
  | { type: "every"; ms: number; from: number }
  | { type: "at"; at: number; zone: string };

/** A prompt for later. */
export type Schedule = {
  id: string;
  /** The folder that it works in: two may share a file. */
  folder: string;
  when: When;
  prompt: string;
  durable: boolean;
  made: number;
  /** The next moment that it names. */
  due: number;
  /** One that returns fires for the last time at the first moment after this. */
  expires?: number;
  /** The moment that it fired for, until a model has answered to it. */
  pending?: number;
  /** `pending` was over when somebody looked: nothing ran then. */
  missed?: boolean;
};

/** The file of a folder's durable schedules. */
export function schedulePath(home: string, folder: string): string {
  return join(home, "schedules", `${slug(folder)}.json`);
}

/** The durable schedules of all folders of a file; what cannot be read of it is counted and left out. */
export function readSchedules(path: string): { schedules: Schedule[]; skipped: number } {
  let records: unknown[];
  try {
    records = recordsOf(readFileSync(path, "utf8"));
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return { schedules: [], skipped: 0 };
    return { schedules: [], skipped: 1 };
  }
  const schedules = records.filter(isSchedule);
  return { schedules, skipped: records.length - schedules.length };
}

/** Replaces what a file holds by what `change` makes of it. Processes take turns. Throws where it cannot be written. */
export async function changeSchedules(
  path: string,
  change: (all: readonly Schedule[]) => readonly Schedule[],
): Promise<void> {
  const real = join(folderFor(path), basename(path));
  const release = await turnAt(`${real}.turn`, "schedules");
  try {
    const { schedules, skipped } = readSchedules(real);
    const next = change(schedules);
    if (skipped > 0) writePrivate(`${real}.damaged`, readFileSync(real));
    writePrivate(real, `${JSON.stringify({ version: 1, schedules: next }, null, 2)}\n`);
  } catch (error) {
    throw new Error(`Schedules cannot be kept in ${real}: ${fileReason(error)}.`);
  } finally {
    release();
  }
}

/** Makes the folder of a file, and gives its real path. */
export function folderFor(path: string): string {
  try {
    makeFolder(dirname(path), 0o700);
    return realpathSync(dirname(path));
  } catch (error) {
    throw new Error(`Schedules cannot be kept in ${dirname(path)}: ${fileReason(error)}.`);
  }
}

function recordsOf(text: string): unknown[] {
  const file: unknown = JSON.parse(text);
  if (!isFields(file) || !Array.isArray(file.schedules)) throw new Error("It holds no schedules.");
  return file.schedules;
}

/** Whether a value from a file or a log is a schedule, whole. */
export function isSchedule(value: unknown): value is Schedule {
  if (!isFields(value)) return false;
  const { id, folder, prompt, durable, made, due, expires, pending } = value;
  return (
    [id, folder, prompt].every((each) => typeof each === "string" && each !== "") &&
    [made, due].every(isMoment) &&
    [expires, pending].every((each) => each === undefined || isMoment(each)) &&
    typeof durable === "boolean" &&
    isWhen(value.when)
  );
}

function isWhen(when: unknown): boolean {
  if (!isFields(when)) return false;
  const { type, line, zone, ms, from, at } = when;
  if (type === "every") return isMoment(ms) && Number(ms) >= 60_000 && isMoment(from);
  if (typeof zone !== "string" || !isZone(zone)) return false;
  return type === "cron" ? typeof line === "string" : type === "at" && isMoment(at);
}

// what a Date can hold
function isMoment(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) <= 8.64e15;
}

/** Whether there is a time zone of that name. */
export function isZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
