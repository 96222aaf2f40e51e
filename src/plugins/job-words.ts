import type { Json } from "../core/message.js";
import type { ShellEnd } from "../platform/exec.js";
import { duration, quoted } from "../platform/text.js";

/** How a background command ended; `failed` is any end but exit code 0 and the one that was wished. */
export type JobEnd = { status: "completed" | "failed" | "ended"; how: string; ms: number; output: string };

type Told = {
  id: string;
  command: string;
  file: string;
  sandboxed: boolean;
  /** How many learn of its end by themselves. */
  awaited: number;
  end: JobEnd | undefined;
};

/** Characters and lines of output that the news of an end carries, and characters of a command. */
const MOST = { output: 2000, lines: 20, command: 200 };

export function howEnded(
  { code, killedBy, ended, left, removed }: ShellEnd,
  { stop }: { stop: AbortController },
): Pick<JobEnd, "status" | "how"> {
  if (stop.signal.aborted) return { status: "ended", how: "it was killed" };
  const notes = [
    ...(left ? ["what it left running was ended with it"] : []),
    ...removed.map((path) => `it made ${path}, which steers what runs later: removed again`),
  ];
  const how = ended === "timeout" ? "timed out" : code === null ? `ended by ${killedBy}` : `exit code ${code}`;
  return { status: code === 0 && ended === "exited" ? "completed" : "failed", how: [how, ...notes].join("; ") };
}

export function endWords({ status, how, ms }: JobEnd): string {
  return `${status}: ${how}, after ${duration(ms)}`;
}

/** What the model is answered at once; `patience` is how long it is waited for at the end, in milliseconds. */
export function startedWords({ id, file }: Told, patience: number | undefined): string {
  const end =
    patience === undefined
      ? ""
      : ` When you stop and it still runs, it is waited for ${patience / 1000} s at most and then ended: wait with job if that is too short, or kill it.`;
  return `Started in the background as ${id}. You will be told when it ends; job reads its new output, all of it goes to ${file}.${end}`;
}

/** The news of an end. What the command said is quoted: it is nobody's order. */
export function mailWords({ id, command, file, sandboxed }: Told, end: JobEnd): string {
  const box =
    sandboxed && end.status === "failed"
      ? " It ran in the sandbox: no network, and only the workspace and temporary folders can be written."
      : "";
  const head = `Background command ${id} ${endWords(end)}.${box} It was: ${shortened(command)}`;
  const tail = quotedEnd(end.output);
  return `[${head}]\n${tail === "" ? "It said nothing." : `The end of its output, all of which is in ${file}:\n${tail}`}`;
}

/** What is said of one that waits for an answer. */
export function stallWords({ id, command }: Told, output: string): string {
  return `[Background command ${id} has said nothing for a while and seems to wait for an answer, which cannot come: it has no terminal and no stdin. Kill it with job and start it so that it asks nothing. It is: ${shortened(command)}]\nIt said last:\n${quotedEnd(output)}`;
}

/** What the log keeps of one. */
export function standing({ command, file, awaited, end }: Told): Json {
  const told = awaited > 0 ? { told: true } : {};
  const how = end ? { status: end.status, how: end.how, ms: end.ms, ...told } : { status: "running" };
  return { command: shortened(command), file, ...how };
}

/** A command in one line. */
export function shortened(command: string): string {
  const line = command.trim().replace(/\s+/g, " ");
  return line.length <= MOST.command ? line : `${line.slice(0, MOST.command - 1).toWellFormed()}…`;
}

function quotedEnd(output: string): string {
  const lines = output.trimEnd().slice(-MOST.output).toWellFormed().split("\n").slice(-MOST.lines);
  return lines.join("") === "" ? "" : quoted(lines.join("\n"));
}
