import { join } from "node:path";
import type { Mail } from "../core/inbox.js";
import type { Log } from "../core/log.js";
import { text } from "../core/message.js";
import { sentence } from "../core/run-tools.js";
import type { Session } from "../core/session.js";
import type { Result, ToolContext } from "../core/tool.js";
import { plain } from "../platform/capture.js";
import type { runShell } from "../platform/exec.js";
import { duration } from "../platform/text.js";
import { unlessAborted, within } from "../platform/waiting.js";
import type { JobRun } from "../tools/background.js";
import { unfinished } from "./answer.js";
import { JOB } from "./asked.js";
import { commandJob } from "./command-job.js";
import {
  hear,
  type Job,
  type JobEnd,
  type JobKind,
  type JobShown,
  newJob,
  takeNews,
  type Work,
  type WorkEnd,
} from "./job.js";
import { endWords, mailWords, stallWords, standing, startedWords } from "./job-words.js";

/** Seconds that a reading waits. */
const WAIT = 600;
/** Milliseconds without output after which one whose output ends like a question is told of. */
const STALL = 45_000;
/** Milliseconds that closing waits for work to end: commands take two seconds, a tool that hears no abort three. */
const CLOSING = 8000;
const KEY = `${JOB}:`;

export type JobsOptions = {
  log: Log;
  outputs: string;
  redact(text: string): string;
  patience?: number | undefined;
  notice(line: string): void;
  run: typeof runShell;
  post(mail: Mail): void;
  /** One began, said something or ended. */
  changed?(): void;
  /** In milliseconds. */
  stall?: number;
};

/** What is asked of a job: its new output, once it has ended or so many seconds are over, or its end. */
export type Reading = { id: string; wait?: number | undefined; kill?: boolean | undefined };

/** What goes on beside the conversation of one session. */
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

  running(): readonly JobShown[] {
    return this.#running().map(({ id, title, began, file, line }) => {
      const said = this.#options.redact(plain(line)).trimEnd();
      return { id, title, began, file, latest: said.slice(said.lastIndexOf("\n") + 1) };
    });
  }

  #running(): Job[] {
    return [...this.#jobs.values()].filter(({ end }) => end === undefined);
  }

  /** Starts a command. */
  start(run: JobRun, context: ToolContext): Promise<Result> {
    return this.begin(commandJob(run, this.#options), context);
  }

  /** Begins work; its end is told by mail, once, unless somebody waits for it. Throws when it cannot begin. */
  async begin(work: Work, context: ToolContext): Promise<Result> {
    this.#admit(work.kind);
    this.#count += 1;
    const id = `bg_${String(this.#count).padStart(4, "0")}`;
    const job = newJob(id, { ...work, callId: context.callId }, join(this.#options.outputs, `${id}.txt`));
    this.#jobs.set(id, job);
    const { file, stop } = job;
    const told = (said: string) => {
      hear(job, said);
      this.#options.changed?.();
    };
    const begun = work.begin({ file, signal: stop.signal, hear: told });
    job.done = begun.then(({ ended }) => this.#follow(job, ended)).catch(() => undefined);
    try {
      await begun;
    } catch (error) {
      this.#jobs.delete(id);
      throw error;
    }
    if (work.asks) this.#watch(job, work.asks);
    context.record({ type: "state", key: KEY + id, value: standing(job) });
    this.#options.changed?.();
    const { patience } = this.#options;
    const words = startedWords(job, patience && (work.kind.patience ?? patience));
    return { parts: [text(words)], details: { background: id, file } };
  }

  // counts those that are about to begin
  #admit(kind: JobKind): void {
    if (this.#closing) throw new Error("The session is over: nothing begins any more.");
    const alike = this.#running().filter((job) => job.kind === kind).length;
    if (alike < kind.atOnce) return;
    throw new Error(`${kind.atOnce} background ${kind.name}s run already: wait for one of them with job, or kill it.`);
  }

  /** What one said since it was last read. */
  async read({ id, wait, kill }: Reading, signal: AbortSignal): Promise<string> {
    const job = this.#jobs.get(id);
    if (!job)
      throw new Error(`Nothing called "${id}" runs in the background of this session. Known: ${this.#known()}.`);
    if (kill) await this.#kill(job);
    else if (wait !== undefined && !job.end) await this.#await(job, Math.min(wait, WAIT) * 1000, signal);
    return `[${standingWords(job)}]\n${takeNews(job, this.#options.redact)}`;
  }

  /** Ends one as the person wishes: the model hears of it with the next request. */
  async endByPerson(id: string): Promise<boolean> {
    const job = this.#running().find((each) => each.id === id);
    if (!job) return false;
    await this.#kill(job);
    const words = `The user ended the background ${job.kind.name} ${id}.`;
    this.#options.log.append({ type: "note", by: JOB, text: words });
    return true;
  }

  /** Ends all that goes on; each end is told as any other. */
  async endAll(why = "what ran in the background was ended"): Promise<void> {
    const running = this.#running();
    for (const { stop } of running) stop.abort(why);
    await within(CLOSING, Promise.all(running.map(({ done }) => done)));
  }

  /** Where nobody comes back to the session: waits for an end, so that the model may hear of it. */
  async patient({ signal, events }: Session): Promise<undefined> {
    const { patience, notice } = this.#options;
    const running = this.#running();
    if (!patience || running.length === 0 || unfinished(events)) return;
    const longest = Math.max(...running.map(({ kind }) => kind.patience ?? patience));
    notice(`Waiting ${longest / 1000} s at most for what runs in the background: ${listed(running)}`);
    const arrived = new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
    await within(
      longest,
      unlessAborted(signal, undefined, () => arrived),
    );
  }

  /** Ends all of them; nobody is told any more. */
  async close(): Promise<void> {
    this.#closing = true;
    const running = this.#running();
    if (running.length > 0 && this.#options.patience !== undefined)
      this.#options.notice(`Ended with this run: ${listed(running)}`);
    await this.endAll("the session ended");
  }

  async #follow(job: Job, ended: Promise<WorkEnd>): Promise<void> {
    const end = await ended.catch((error): WorkEnd => ({ status: "failed", how: sentence(error), news: "" }));
    clearTimeout(job.stall);
    job.end = { ...end, ms: Date.now() - job.began };
    this.#settle(job, job.end);
    this.#options.changed?.();
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

  // one that waits for an answer is told of once
  #watch(job: Job, asks: (said: string) => boolean): void {
    const { stall = STALL, redact } = this.#options;
    const look = () => {
      const quiet = performance.now() - job.heard;
      if (quiet >= stall && asks(plain(job.unread))) return this.#tell(stallWords(job, redact(plain(job.unread))));
      job.stall = setTimeout(look, quiet >= stall ? stall : stall - quiet).unref();
    };
    if (!job.end) job.stall = setTimeout(look, stall).unref();
  }

  #tell(words: string): void {
    if (this.#closing) return;
    this.#options.post({ parts: [text(words.trimEnd())], from: JOB });
    this.#arrived();
  }

  async #kill(job: Job): Promise<void> {
    job.awaited += 1;
    job.stop.abort(`${job.id} was killed`);
    await job.done;
  }

  // who waited in vain is no longer one who learns of its end
  async #await(job: Job, ms: number, signal: AbortSignal): Promise<void> {
    job.awaited += 1;
    await within(
      ms,
      unlessAborted(signal, undefined, () => job.done),
    );
    if (!job.end) job.awaited -= 1;
  }

  #known(): string {
    return [...this.#jobs.keys()].join(", ") || "none";
  }
}

function standingWords({ id, end, began }: Job): string {
  return end ? `${id} ${endWords(end)}` : `${id} has been running for ${duration(Date.now() - began)}`;
}

function listed(jobs: readonly Job[]): string {
  return jobs.map(({ id, title }) => `${id} (${title})`).join(", ");
}
