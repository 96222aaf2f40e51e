import type { Event } from "../core/event.js";
import type { Json } from "../core/message.js";
import { clip, duration, quoted } from "../platform/text.js";
import { JOB } from "./asked.js";
import type { Job, JobEnd } from "./job.js";

type Told = Pick<Job, "id" | "kind" | "title" | "file" | "callId" | "awaited" | "end">;

/** Characters and lines of output that news carry, and characters of a title. */
const MOST = { output: 2000, lines: 20, title: 200 };

export function endWords({ status, how, ms }: JobEnd): string {
  return `${status}: ${how}, after ${duration(ms)}`;
}

/** What the model is answered at once; `patience` is how long it is waited for at the end, in milliseconds. */
export function startedWords({ id, file }: Told, patience: number | undefined): string {
  return `Started in the background as ${id}. You will be told when it ends; job reads what it said meanwhile, all of it goes to ${file}.${patienceWords(patience)}`;
}

function patienceWords(patience: number | undefined): string {
  if (patience === undefined) return "";
  if (patience === 0) return " When you stop and it still runs, it is ended: wait for it with job if you need its end.";
  return ` When you stop and it still runs, it is waited for ${patience / 1000} s at most and then ended: wait with job if that is too short, or kill it.`;
}

/** The news of an end. */
export function mailWords({ id, kind, title }: Told, end: JobEnd): string {
  return `[Background ${kind.name} ${id} ${endWords(end)}. It was: ${title}]\n${end.news}`;
}

/** What is said of one that waits for an answer. */
export function stallWords({ id, kind, title }: Told, output: string): string {
  return `[Background ${kind.name} ${id} has said nothing for a while and seems to wait for an answer, which cannot come: it has no terminal and no stdin. Kill it with job and start it so that it asks nothing. It is: ${title}]\nIt said last:\n${endQuoted(output)}`;
}

/** The last lines of an output, quoted: they are nobody's order. */
export function endQuoted(output: string): string {
  const lines = output.trimEnd().slice(-MOST.output).toWellFormed().split("\n").slice(-MOST.lines);
  return lines.join("") === "" ? "" : quoted(lines.join("\n"));
}

/** What the log keeps of one. */
export function standing({ title, file, callId, awaited, end }: Told): Json {
  const told = awaited > 0 ? { told: true } : {};
  const how = end ? { status: end.status, how: end.how, ms: end.ms, ...told } : { status: "running" };
  return { title, file, ...(callId === undefined ? {} : { call: callId }), ...how };
}

/** Of a fact that says how a job stands: the call that it is done for, and whether it still is. */
export function jobIn(event: Event): { call: string; running: boolean } | undefined {
  if (event.type !== "state" || !event.key.startsWith(`${JOB}:`)) return undefined;
  const { value } = event;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return typeof value.call === "string" ? { call: value.call, running: value.status === "running" } : undefined;
}

/** A title in one line. */
export function shortened(title: string): string {
  return clip(title.trim().replace(/\s+/g, " "), MOST.title);
}
