import { plain } from "../platform/capture.js";

/** Characters of new output that one reading gives, and of its end that are kept for one line. */
const MOST = { read: 20_000, line: 500 };

/** A sort of background work, for words and bounds. */
export type JobKind = {
  /** As in "background command". */
  name: string;
  /** How many of it may go on at once. */
  atOnce: number;
  /** Milliseconds that one is waited for where nobody comes back to the session; absent: what the front end says. */
  patience?: number;
};

/** How work ended; `ended` is an end that was wished, or a bound that it met. `news` is what its notification says below the first line. */
export type WorkEnd = { status: "completed" | "failed" | "ended"; how: string; news: string };

/** The same, with the milliseconds it took. */
export type JobEnd = WorkEnd & { ms: number };

/** Where a job works: what it says goes to `file`, all of it, and to `hear`; it ends when the signal fires. */
export type Workplace = { file: string; signal: AbortSignal; hear(said: string): void };

/** Work that goes on beside the conversation. */
export type Work = {
  kind: JobKind;
  /** What it is, in a line. */
  title: string;
  /** The call that it is done for. */
  callId?: string;
  /** Resolves once it goes on; rejects when it cannot begin. */
  begin(at: Workplace): Promise<{ ended: Promise<WorkEnd> }>;
  /** Whether what it said last waits for an answer, which cannot come. */
  asks?(said: string): boolean;
};

/** One that goes on, for a person; `began` is milliseconds since 1970, `latest` the last line that it said. */
export type JobShown = { id: string; title: string; began: number; file: string; latest: string };

/** One job of a session. */
export type Job = Omit<JobShown, "latest"> & {
  kind: JobKind;
  callId: string | undefined;
  stop: AbortController;
  /** What it said since it was last read, how much of that is no longer kept, and when it said something last. */
  unread: string;
  missed: number;
  heard: number;
  /** The end of all that it said. */
  line: string;
  stall: NodeJS.Timeout | undefined;
  /** How many learn of its end by themselves. */
  awaited: number;
  end: JobEnd | undefined;
  done: Promise<void>;
};

export function newJob(id: string, { kind, title, callId }: Work, file: string): Job {
  return {
    ...{ id, kind, title, callId, file, began: Date.now(), stop: new AbortController() },
    ...{ unread: "", missed: 0, heard: performance.now(), line: "", awaited: 0 },
    ...{ stall: undefined, end: undefined, done: Promise.resolve() },
  };
}

/** Keeps what one said until it is read: the end of it where that is long. */
export function hear(job: Job, said: string): void {
  job.unread += said;
  job.line = (job.line + said.slice(-MOST.line)).slice(-MOST.line);
  job.heard = performance.now();
  if (job.unread.length <= 2 * MOST.read) return;
  job.missed += job.unread.length - MOST.read;
  job.unread = job.unread.slice(-MOST.read);
}

/** What one said since it was last read. */
export function takeNews(job: Job, redact: (text: string) => string): string {
  const said = redact(plain(job.unread)).trimEnd();
  const left = job.missed + Math.max(0, said.length - MOST.read);
  job.unread = "";
  job.missed = 0;
  if (said === "") return "(no new output)";
  const cut = left === 0 ? "" : `[… ${left} characters left out; the whole output is in ${job.file} …]\n`;
  return cut + said.slice(-MOST.read).toWellFormed();
}
