import { StringDecoder } from "node:string_decoder";
import type { runShell, ShellEnd } from "../platform/exec.js";
import type { JobRun } from "../tools/background.js";
import type { JobKind, Work, WorkEnd, Workplace } from "./job.js";
import { asks } from "./job-stall.js";
import { endQuoted, shortened } from "./job-words.js";

const COMMAND: JobKind = { name: "command", atOnce: 16 };

/** A timer can wait no longer, in milliseconds. */
const FOREVER = 2 ** 31 - 1;

export type Commands = { outputs: string; redact(text: string): string; run: typeof runShell };

/** A command as work in the background. */
export function commandJob(run: JobRun, { outputs, redact, run: runShell }: Commands): Work {
  return {
    kind: COMMAND,
    title: shortened(run.command),
    asks,
    begin: (at) =>
      new Promise((resolve, reject) => {
        const decoder = new StringDecoder("utf8");
        let onStart: () => void = () => undefined;
        const started = new Promise<void>((go) => {
          onStart = go;
        });
        const over = runShell({
          ...{ ...run, outputs, redact, live: at.file, signal: at.signal, onStart },
          timeout: Math.min(run.timeout ?? FOREVER, FOREVER),
          onOutput: (bytes) => at.hear(decoder.write(bytes)),
        });
        const ended = over.then((end) => endOf(end, { run, at, redact }));
        void started.then(() => resolve({ ended }));
        // of use only where it never began
        ended.catch(reject);
      }),
  };
}

type Ran = { run: JobRun; at: Workplace; redact(text: string): string };

function endOf(end: ShellEnd, { run, at, redact }: Ran): WorkEnd {
  const how = howEnded(end, at.signal);
  const box =
    run.sandbox !== undefined && how.status === "failed"
      ? "It ran in the sandbox: no network, and only the workspace and temporary folders can be written.\n"
      : "";
  const tail = endQuoted(redact(end.output));
  const said = tail === "" ? "It said nothing." : `The end of its output, all of which is in ${at.file}:\n${tail}`;
  return { ...how, news: box + said };
}

// `failed` is any end but exit code 0 and the one that was wished
function howEnded(
  { code, killedBy, ended, left, removed }: ShellEnd,
  signal: AbortSignal,
): Pick<WorkEnd, "status" | "how"> {
  if (signal.aborted) return { status: "ended", how: "it was killed" };
  const notes = [
    ...(left ? ["what it left running was ended with it"] : []),
    ...removed.map((path) => `it made ${path}, which steers what runs later: removed again`),
  ];
  const how = ended === "timeout" ? "timed out" : code === null ? `ended by ${killedBy}` : `exit code ${code}`;
  return { status: code === 0 && ended === "exited" ? "completed" : "failed", how: [how, ...notes].join("; ") };
}
