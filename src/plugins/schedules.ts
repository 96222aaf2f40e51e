import { randomBytes } from "node:crypto";
import type { Event } from "../core/event.js";
import type { Mail } from "../core/inbox.js";
import type { Log } from "../core/log.js";
import { text } from "../core/message.js";
import { sentence } from "../core/run-tools.js";
import { InUse, takeLock } from "../store/lock.js";
import { folderFor, readSchedules, type Schedule } from "../store/schedule-file.js";
import { Deliveries } from "./schedule-delivery.js";
import { alter, keep, ownIn, SCHEDULE, unanswered } from "./schedule-keeping.js";
import { firesAt, nextOf, type Wished, whenOf } from "./schedule-times.js";
import { mailWords } from "./schedule-words.js";

const DAY = 86_400_000;
/** Schedules of a folder or session; days after which what returns ends; characters of a prompt. */
const MOST = { schedules: 50, days: 7, prompt: 10_000 };
/** How long the clock is not looked at, and what is late enough to be called missed, in milliseconds. */
const WAIT = { look: 10_000, missed: 120_000 };

/** Where time comes from: milliseconds since 1970, and what is done after some; it gives what calls that off. */
export type Clock = { now(): number; after(ms: number, act: () => void): () => void };

export const CLOCK: Clock = {
  now: Date.now,
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

export type SchedulesOptions = {
  folder: string;
  /** Of the durable ones. */
  path: string;
  /** Of a session: its own schedules are in it. */
  log?: Log;
  clock?: Clock;
  notice(line: string): void;
  /** What a person is told of one that found no answer; absent: in English. */
  undelivered?(id: string): string;
};

/** What is to be added. */
export type Order = Wished & { prompt: string; durable: boolean };

/** The schedules of a folder, and of a session, and when they fire. */
export class Schedules {
  readonly #options: SchedulesOptions;
  readonly #clock: Clock;
  readonly #deliveries: Deliveries;
  #wake: (() => void) | undefined;
  #stopTimer: () => void = () => undefined;
  #release: (() => void) | undefined;
  #work: Promise<unknown> = Promise.resolve();
  readonly #told = new Set<string>();

  constructor(options: SchedulesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? CLOCK;
    const find = (id: string) => this.list().find((each) => each.id === id);
    const tell = (line: string) => this.#tell(line);
    this.#deliveries = new Deliveries({ ...options, now: () => this.#clock.now(), find, tell });
  }

  /** The file of the durable ones. */
  get path(): string {
    return this.#options.path;
  }

  /** Those of this folder and session, the next first. */
  list(): Schedule[] {
    const { path, folder } = this.#options;
    const { schedules, skipped } = readSchedules(path);
    if (skipped > 0) this.#tell(`${path}: what cannot be read as a schedule is left out (${skipped}).`);
    const durable = schedules.filter((each) => each.folder === folder);
    return [...durable, ...ownIn(this.#options.log)].sort(
      (one, other) => (one.pending ?? one.due) - (other.pending ?? other.due),
    );
  }

  /** Throws what is wrong with an order, and then keeps nothing of it. */
  async add({ prompt, durable, ...wished }: Order): Promise<Schedule> {
    const now = this.#clock.now();
    const when = whenOf(wished, now);
    if (prompt.trim() === "") throw new Error("The prompt is empty; expected what is to be done then.");
    if (prompt.length > MOST.prompt) throw new Error(`The prompt is longer than ${MOST.prompt} characters.`);
    if (this.list().length >= MOST.schedules)
      throw new Error(`There are ${MOST.schedules} schedules already: delete one first.`);
    const due = nextOf(when, now) ?? now;
    const id = `sch_${randomBytes(3).toString("hex")}`;
    const expires = when.type === "at" ? {} : { expires: now + MOST.days * DAY };
    const schedule = {
      id,
      folder: this.#options.folder,
      when,
      prompt: prompt.trim(),
      durable,
      made: now,
      due,
      ...expires,
    };
    await keep(schedule, this.#options);
    this.#arm();
    return schedule;
  }

  /** Removes one, also what of it waits to be delivered; undefined where there is none of that id. */
  async remove(id: string): Promise<Schedule | undefined> {
    const found = this.list().find((each) => each.id === id);
    if (found) await alter(found, () => undefined, this.#options);
    return found;
  }

  /** From now on the clock is watched; `wake` is called when something is to be delivered. Throws InUse where `alone` and another process fires the durable ones. */
  async start(wake: () => void, alone = false): Promise<void> {
    this.#wake = wake;
    if (alone) this.#claim();
    const { log } = this.#options;
    for (const fact of log ? unanswered(log, this.list()) : []) log?.append(fact);
    await this.look();
  }

  /** Looks at the clock once: what is due is kept as such before anybody hears of it. */
  look(): Promise<void> {
    const work = this.#work.then(() => this.#look());
    this.#work = work.catch(() => undefined);
    return work;
  }

  /** The next to be delivered, for an agent that does nothing else: whether it was is told by `see` or `settle`. */
  take(): { schedule: Schedule; mail: Mail } | undefined {
    const [schedule] = this.#waiting();
    if (!schedule) return undefined;
    this.#deliveries.begin(schedule.id);
    return { schedule, mail: { parts: [text(mailWords(schedule))], from: SCHEDULE } };
  }

  /** Follows the log of the session that what was taken went to. */
  see(event: Event): void {
    this.#deliveries.see(event);
  }

  /** A model answered to what was taken, or none could. */
  settle(id: string, delivered: boolean): Promise<void> {
    return this.#deliveries.settle(id, delivered);
  }

  /** Ends the watch; what is pending stays so. */
  async close(): Promise<void> {
    this.#wake = undefined;
    this.#stopTimer();
    await this.#work;
    this.#release?.();
    this.#release = undefined;
  }

  async #look(): Promise<void> {
    const now = this.#clock.now();
    try {
      await this.#deliveries.writeAgain();
      for (const schedule of this.#mine()) await this.#fire(schedule, now);
    } finally {
      this.#arm();
    }
    if (this.#waiting().length > 0) this.#wake?.();
  }

  // one that cannot be read or kept does not hold up the others
  async #fire(schedule: Schedule, now: number): Promise<void> {
    try {
      const at = firesAt(schedule);
      if (schedule.pending !== undefined || at > now) return;
      const missed = now - at > WAIT.missed ? { missed: true } : {};
      const due = nextOf(schedule.when, now) ?? schedule.due;
      await alter(schedule, (now) => ({ ...now, due, pending: schedule.due, ...missed }), this.#options);
    } catch (error) {
      this.#tell(`The schedule ${schedule.id} cannot fire: ${sentence(error)}.`);
    }
  }

  #waiting(): Schedule[] {
    return this.#mine().filter(({ id, pending }) => pending !== undefined && this.#deliveries.mayBegin(id));
  }

  // of several sessions in a folder one fires the durable ones
  #mine(): Schedule[] {
    if (!this.#wake) return [];
    const all = this.list();
    if (this.#release || !all.some(({ durable }) => durable)) return all;
    try {
      this.#claim();
      return all;
    } catch (error) {
      if (!(error instanceof InUse)) this.#tell(sentence(error));
      return all.filter(({ durable }) => !durable);
    }
  }

  #claim(): void {
    if (this.#release) return;
    folderFor(this.#options.path);
    this.#release = takeLock(`${this.#options.path}.lock`, "");
  }

  #arm(): void {
    this.#stopTimer();
    if (!this.#wake) return;
    const next = this.list().flatMap((each) => (each.pending === undefined ? [momentOf(each)] : []));
    const wait = Math.min(...next, Number.POSITIVE_INFINITY) - this.#clock.now();
    this.#stopTimer = this.#clock.after(Math.max(1, Math.min(wait > 0 ? wait : WAIT.look, WAIT.look)), () => {
      void this.look().catch((error) => this.#tell(sentence(error)));
    });
  }

  // the same words are said once
  #tell(line: string): void {
    if (this.#told.has(line)) return;
    this.#told.add(line);
    this.#options.notice(line);
  }
}

function momentOf(schedule: Schedule): number {
  try {
    return firesAt(schedule);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
