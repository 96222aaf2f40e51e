import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { Mail } from "../core/inbox.js";
import type { Log } from "../core/log.js";
import { text } from "../core/message.js";
import { sentence } from "../core/run-tools.js";
import type { Session } from "../core/session.js";
import type { Result, ToolContext } from "../core/tool.js";
import { plain } from "../platform/capture.js";
import { within } from "../platform/child.js";
import type { runShell } from "../platform/exec.js";
import { duration } from "../platform/text.js";
import type { JobRun } from "../tools/background.js";
import { unfinished } from "./answer.js";
import { asks } from "./job-stall.js";
import {
  endWords,
  howEnded,
  type JobEnd,
  mailWords,
  shortened,
  stallWords,
  standing,
  startedWords,
} from "./job-words.js";

/** Commands at once; characters of new output that one reading gives; seconds that it waits. */
const MOST = { running: 16, read: 20_000, wait: 600 };
/** Milliseconds without output after which one whose output ends like a question is told of. */
const STALL = 45_000;
/** A timer can wait no longer, in milliseconds. */
const FOREVER = 2 ** 31 - 1;
/** Who mail and notes of jobs are from, and the beginning of their state keys. */
export const JOB = "job";
const KEY = `${JOB}:`;

export type JobsOptions = {
  log: Log;
  outputs: string;
  redact(text: string): string;
  patience?: number | undefined;
  notice(line: string): void;
  run: typeof runShell;
  post(mail: Mail): void;
  /** In milliseconds. */
  stall?: number;
};

/** One that runs, for a person; `began` is milliseconds since 1970. */
export type JobShown = { id: string; command: string; began: number; file: string };

type Job = JobShown & {
  sandboxed: boolean;
  stop: AbortController;
  /** What it said since it was last read, how much of that is no longer kept, and when it said something last. */
  unread: string;
  missed: number;
  heard: number;
  stall: NodeJS.Timeout | undefined;
  /** How many learn of its end by themselves. */
  awaited: number;
  end: JobEnd | undefined;
  done: Promise<void>;
};

/** What is asked of a job: its new output, once it has ended or so many seconds are over, or its end. */
export type Reading = { id: string; wait?: number | undefined; kill?: boolean | undefined };

/** The commands of one session that run beside its conversation. */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #jobs = new Map<string, Job>();
  #count: number;
  #closing = false;
  #arrived: () => void = () => undefined;

  constructor(options: JobsOptions) {
    this.#options = options;
    const keys = options.log.events.flatMap((event) => (event.type === "state" ? [event.key] : []));
    this.#count = Math.max(0, ...keys.flatMap((key) => /^job:bg_(\d+)$/.exec(key)?.[1] ?? []).map(Number));
  }

  running(): readonly Job[] {
    return [...this.#jobs.values()].filter(({ end }) => end === undefined);
  }

  /** Starts one; its end is told by mail, once, unless somebody waits for it. Throws when it cannot be started. */
  async start(run: JobRun, context: ToolContext): Promise<Result> {
    if (this.running().length >= MOST.running)
      throw new Error(`${MOST.running} background commands run already: end one of them with job.`);
    this.#count += 1;
    const id = `bg_${String(this.#count).padStart(4, "0")}`;
    const job = newJob(id, run, join(this.#options.outputs, `${id}.txt`));
    await this.#launch(job, run);
    this.#jobs.set(id, job);
    context.record({ type: "state", key: KEY + id, value: standing(job) });
    // it may have ended already: what is last of a key counts
    if (job.end) this.#settle(job, job.end);
    const { file } = job;
    return { parts: [text(startedWords(job, this.#options.patience))], details: { background: id, file } };
  }

  /** What one said since it was last read. */
  async read({ id, wait, kill }: Reading, signal: AbortSignal): Promise<string> {
    const job = this.#jobs.get(id);
    if (!job) throw new Error(`No background command "${id}" runs in this session. Known: ${this.#known()}.`);
    if (kill) await this.#kill(job);
    else if (wait !== undefined && !job.end) await this.#await(job, Math.min(wait, MOST.wait) * 1000, signal);
    return `[${standingWords(job)}]\n${this.#news(job)}`;
  }

  /** Ends one as the person wishes: the model hears of it with the next request. */
  async endByPerson(id: string): Promise<boolean> {
    const job = this.running().find((each) => each.id === id);
    if (!job) return false;
    await this.#kill(job);
    this.#options.log.append({ type: "note", by: JOB, text: `The user ended the background command ${id}.` });
    return true;
  }

  /** Where nobody comes back to the session: waits for an end, so that the model may hear of it. */
  async patient({ signal, events }: Session): Promise<undefined> {
    const { patience, notice } = this.#options;
    const running = this.running();
    if (patience === undefined || running.length === 0 || unfinished(events)) return;
    notice(`Waiting ${patience / 1000} s at most for background commands: ${listed(running)}`);
    const arrived = new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
    await within(patience, Promise.race([arrived, aborted(signal)]));
  }

  /** Ends all of them; nobody is told any more. */
  async close(): Promise<void> {
    this.#closing = true;
    const running = this.running();
    if (running.length > 0 && this.#options.patience !== undefined)
      this.#options.notice(`Ended with this run: ${listed(running)}`);
    for (const { stop } of running) stop.abort();
    await Promise.all(running.map(({ done }) => done));
  }

  // resolves once the process is there
  #launch(job: Job, run: JobRun): Promise<void> {
    const { outputs, redact, run: runShell } = this.#options;
    const decoder = new StringDecoder("utf8");
    return new Promise((resolve, reject) => {
      const over = runShell({
        ...{ ...run, outputs, redact, live: job.file, signal: job.stop.signal },
        timeout: Math.min(run.timeout ?? FOREVER, FOREVER),
        onOutput: (bytes) => hear(job, decoder.write(bytes)),
        onStart: () => {
          this.#watch(job);
          resolve();
        },
      });
      job.done = over.then(
        (end) => this.#ended(job, howEnded(end, job), end.output),
        (error: unknown) => {
          reject(error);
          this.#ended(job, { status: "failed", how: sentence(error) }, "");
        },
      );
    });
  }

  // one that waits for an answer is told of once
  #watch(job: Job): void {
    const { stall = STALL, redact } = this.#options;
    const look = () => {
      const quiet = performance.now() - job.heard;
      if (quiet >= stall && asks(plain(job.unread))) return this.#tell(stallWords(job, redact(plain(job.unread))));
      job.stall = setTimeout(look, quiet >= stall ? stall : stall - quiet).unref();
    };
    job.stall = setTimeout(look, stall).unref();
  }

  #ended(job: Job, how: Omit<JobEnd, "ms" | "output">, output: string): void {
    clearTimeout(job.stall);
    job.end = { ...how, ms: Date.now() - job.began, output: this.#options.redact(output) };
    if (this.#jobs.has(job.id)) this.#settle(job, job.end);
  }

  // where the log takes nothing more, as on a full disk, the end is told all the same
  #settle(job: Job, end: JobEnd): void {
    if (this.#closing) return;
    try {
      this.#options.log.append({ type: "state", key: KEY + job.id, value: standing(job) });
    } catch {
      // whoever appends next is told
    }
    if (job.awaited === 0) this.#tell(mailWords(job, end));
  }

  #tell(words: string): void {
    if (this.#closing) return;
    this.#options.post({ parts: [text(words)], from: JOB });
    this.#arrived();
  }

  async #kill(job: Job): Promise<void> {
    job.awaited += 1;
    job.stop.abort();
    await job.done;
  }

  // who waited in vain is no longer one who learns of its end
  async #await(job: Job, ms: number, signal: AbortSignal): Promise<void> {
    job.awaited += 1;
    await within(ms, Promise.race([job.done, aborted(signal)]));
    if (!job.end) job.awaited -= 1;
  }

  #news(job: Job): string {
    const said = this.#options.redact(plain(job.unread)).trimEnd();
    const left = job.missed + Math.max(0, said.length - MOST.read);
    job.unread = "";
    job.missed = 0;
    if (said === "") return "(no new output)";
    const cut = left === 0 ? "" : `[… ${left} characters left out; the whole output is in ${job.file} …]\n`;
    return cut + said.slice(-MOST.read).toWellFormed();
  }

  #known(): string {
    return [...this.#jobs.keys()].join(", ") || "none";
  }
}

function newJob(id: string, { command, sandbox }: JobRun, file: string): Job {
  return {
    ...{ id, command, file, began: Date.now(), sandboxed: sandbox !== undefined, stop: new AbortController() },
    ...{ unread: "", missed: 0, heard: performance.now(), awaited: 0 },
    ...{ stall: undefined, end: undefined, done: Promise.resolve() },
  };
}

function hear(job: Job, said: string): void {
  job.unread += said;
  job.heard = performance.now();
  if (job.unread.length <= 2 * MOST.read) return;
  job.missed += job.unread.length - MOST.read;
  job.unread = job.unread.slice(-MOST.read);
}

function standingWords({ id, end, began }: Job): string {
  return end ? `${id} ${endWords(end)}` : `${id} has been running for ${duration(Date.now() - began)}`;
}

function listed(jobs: readonly JobShown[]): string {
  return jobs.map(({ id, command }) => `${id} (${shortened(command)})`).join(", ");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
