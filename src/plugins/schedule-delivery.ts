import type { Event } from "../core/event.js";
import type { Log } from "../core/log.js";
import { plainText } from "../core/message.js";
import { sentence } from "../core/run-tools.js";
import type { Schedule } from "../store/schedule-file.js";
import { alter, SCHEDULE } from "./schedule-keeping.js";

/** Until the next try, in milliseconds: doubled each time. */
const AGAIN = { least: 60_000, most: 900_000 };

export type Delivering = {
  /** Where schedules are: the file of the durable ones, and the log of a session. */
  path: string;
  log?: Log;
  now(): number;
  find(id: string): Schedule | undefined;
  notice(line: string): void;
  /** The same, once for the same words. */
  tell(line: string): void;
  /** What a person is told of one that found no answer; absent: in English. */
  undelivered?(id: string): string;
};

/** What becomes of schedules that are given out: a model answers and they are done with, or they come again. */
export class Deliveries {
  readonly #around: Delivering;
  /** Those whose delivery is not known yet, with the seq of their prompt. */
  readonly #out = new Map<string, number | undefined>();
  /** Those that were delivered, which could not be written. */
  readonly #unwritten = new Set<string>();
  /** Deliveries that failed, and when the next may be. */
  readonly #failed = new Map<string, { times: number; until: number }>();

  constructor(around: Delivering) {
    this.#around = around;
  }

  /** Whether one that waits may be given out now. */
  mayBegin(id: string): boolean {
    return !this.#out.has(id) && (this.#failed.get(id)?.until ?? 0) <= this.#around.now();
  }

  /** It is given out. */
  begin(id: string): void {
    this.#out.set(id, undefined);
  }

  /** Follows the log of the session that they went to. */
  see(event: Event): void {
    if (event.type === "prompt" && event.from === SCHEDULE) {
      const words = plainText(event.parts);
      for (const id of this.#out.keys()) if (words.includes(id)) this.#out.set(id, event.seq);
    }
    const given = [...this.#out].filter(([, seq]) => seq !== undefined && seq < event.seq);
    if (event.type === "reply" && event.stop !== "cut") for (const [id] of given) void this.settle(id, true);
    if (event.type === "ended") for (const [id, seq] of given) void this.#takeBack(id, seq);
  }

  /** A model answered, or none could. */
  async settle(id: string, delivered: boolean): Promise<void> {
    if (delivered) return this.#delivered(id);
    this.#out.delete(id);
    const { now, find, notice, undelivered = undeliveredWords } = this.#around;
    if (!find(id)) return;
    const { times } = this.#failed.get(id) ?? { times: 0 };
    const until = now() + Math.min(AGAIN.least * 2 ** times, AGAIN.most);
    this.#failed.set(id, { times: times + 1, until });
    notice(undelivered(id));
  }

  /** Tries to write what could not be written before. */
  async writeAgain(): Promise<void> {
    for (const id of [...this.#unwritten]) await this.#delivered(id);
  }

  // it is not given out again before that is written, however long that takes
  async #delivered(id: string): Promise<void> {
    const { find, tell } = this.#around;
    this.#out.set(id, undefined);
    this.#failed.delete(id);
    try {
      const schedule = find(id);
      if (schedule) await alter(schedule, afterwards, this.#around);
      this.#out.delete(id);
      this.#unwritten.delete(id);
    } catch (error) {
      this.#unwritten.add(id);
      tell(`That the schedule ${id} was delivered cannot be written: ${sentence(error)}`);
    }
  }

  // the words are the model's no more: they come again
  async #takeBack(id: string, seq = -1): Promise<void> {
    const { log, tell } = this.#around;
    await this.settle(id, false);
    try {
      log?.append({ type: "retried", reason: `${id} was not delivered`, attempt: 1, voids: seq });
    } catch (error) {
      tell(sentence(error));
    }
  }
}

function undeliveredWords(id: string): string {
  return `The schedule ${id} could not be delivered; it is tried again.`;
}

// what came once, or for the last time, is gone
function afterwards({ pending = 0, missed: _, ...rest }: Schedule): Schedule | undefined {
  const isLast = rest.expires !== undefined && pending >= rest.expires;
  return rest.when.type === "at" || isLast ? undefined : rest;
}
