import { createHash } from "node:crypto";
import { Cron } from "croner";
import { isZone, type Schedule, type When } from "../store/schedule-file.js";
import { checkCron } from "./schedule-cron.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const UNITS: Record<string, number> = { s: SECOND, m: MINUTE, h: 60 * MINUTE, d: DAY };
/** By how much what returns may come later, as a share and in milliseconds, and what comes once on the half hour earlier. */
const JITTER = { share: 0.1, late: 15 * MINUTE, early: 90 * SECOND };

/** When something is wished: one of `cron`, `every` and `at`, with a time zone. */
export type Wished = {
  cron?: string | undefined;
  every?: string | undefined;
  at?: string | undefined;
  zone?: string | undefined;
};

/** Reads a wish. Throws what is wrong with it, and what was expected. */
export function whenOf({ cron, every, at, zone = localZone() }: Wished, now: number): When {
  if ([cron, every, at].filter((each) => each !== undefined).length !== 1)
    throw new Error("Say when by exactly one of cron, every and at.");
  checkZone(zone);
  if (every !== undefined) return { type: "every", ms: intervalOf(every), from: now };
  if (at !== undefined) return { type: "at", at: momentOf(at, zone, now), zone };
  const line = (cron ?? "").trim().replace(/\s+/g, " ");
  checkCron(line);
  const when: When = { type: "cron", line, zone };
  if (nextOf(when, now) === undefined)
    throw new Error(`The cron line "${line}" never comes: there is no such day in any year.`);
  return when;
}

/** The first moment after another; undefined when there is none. */
export function nextOf(when: When, after: number): number | undefined {
  if (when.type === "at") return when.at > after ? when.at : undefined;
  if (when.type === "every") return when.from + (Math.floor((after - when.from) / when.ms) + 1) * when.ms;
  return new Cron(when.line, { timezone: when.zone, mode: "5-part" }).nextRun(new Date(after))?.getTime();
}

/** When a schedule fires: near the moment that it names, so that not all of the world does at once; the same for the same id. */
export function firesAt({ id, when, due, made }: Schedule): number {
  const part = createHash("sha256").update(id).digest().readUInt32BE(0) / 2 ** 32;
  if (when.type === "every") return due;
  if (when.type === "at") {
    const early = new Date(due).getUTCMinutes() % 30 === 0 ? part * JITTER.early : 0;
    return Math.max(made, Math.round(due - early));
  }
  const period = (nextOf(when, due) ?? due) - due;
  return Math.round(due + part * Math.min(period * JITTER.share, JITTER.late));
}

/** A person's line: `every 30m …`, `at 15:30 …`, or five fields of cron; the rest is the prompt. */
export function wishIn(line: string): { wished: Wished; prompt: string } {
  const [, kind, value = "", prompt = ""] =
    /^\s*(every|at)\s+(\d{4}-\d\d-\d\d \d\d?:\d\d\S*|\S+)\s*(.*)$/s.exec(line) ?? [];
  if (kind === "every" || kind === "at") return { wished: { [kind]: value }, prompt: prompt.trim() };
  const fields = /^\s*((?:\S+\s+){4}\S+)\s*(.*)$/s.exec(line);
  if (!fields)
    throw new Error(
      `"${line.trim()}" does not say when; expected "every 30m", "at 15:30" or five fields of cron, and then the prompt.`,
    );
  const [, cron = "", rest = ""] = fields;
  // with one field too many, another moment would be read than the one that is meant
  const all = /^[*?](?:\/\d+)?(?:\s|$)/.test(rest) ? `${cron} ${rest.split(/\s/, 1)[0]}` : cron;
  return { wished: { cron: all.replace(/\s+/g, " ") }, prompt: rest.trim() };
}

function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function checkZone(zone: string): void {
  if (!isZone(zone)) throw new Error(`There is no time zone "${zone}"; expected a name such as Europe/Berlin or UTC.`);
}

function intervalOf(text: string): number {
  const [, count = "", unit = ""] = /^\s*(\d{1,6})\s*([smhd])\s*$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? 0);
  if (ms >= MINUTE && ms <= 365 * DAY) return ms;
  throw new Error(`"${text}" is no interval; expected a number with m, h or d, from 1m to 365d.`);
}

function momentOf(text: string, zone: string, now: number): number {
  const wrong = `"${text}" is no moment; expected HH:MM, or a date and a time such as 2030-01-31T09:00.`;
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim()) ?? [];
  if (hour !== undefined)
    return nextOf({ type: "cron", line: `${Number(minute)} ${Number(hour)} * * *`, zone }, now) ?? now;
  const [, date, time, offset = ""] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.exec(text.trim()) ?? [];
  if (date === undefined || time === undefined) throw new Error(wrong);
  const whole = `${date}T${time.length === 5 ? `${time}:00` : time}`;
  const moment = offset === "" ? inZone(whole, zone) : Date.parse(`${whole}${offset}`);
  // a day that there is not would be read as one of the month after
  if (Number.isNaN(moment) || !new Date(`${whole}Z`).toJSON()?.startsWith(whole)) throw new Error(wrong);
  if (moment <= now) throw new Error(`"${text}" is over; expected a moment to come.`);
  return moment;
}

function inZone(whole: string, timezone: string): number {
  try {
    return new Cron(whole, { timezone }).nextRun(new Date(0))?.getTime() ?? Number.NaN;
  } catch {
    return Number.NaN;
  }
}
