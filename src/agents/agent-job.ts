import type { Event } from "../core/event.js";
import type { Log } from "../core/log.js";
import { callsIn, plainText } from "../core/message.js";
import type { ToolContext } from "../core/tool.js";
import { Capture } from "../platform/capture.js";
import { clip, quoted } from "../platform/text.js";
import type { JobKind, Work, WorkEnd, Workplace } from "../plugins/job.js";
import { shortened } from "../plugins/job-words.js";
import { bounded, type Child, type Report, type Working, work } from "./subagent.js";

/** As many as calls of one reply run at once: each asks a model. Ten minutes: it ends by itself, and its work was paid for. */
const SUBAGENT: JobKind = { name: "sub-agent", atOnce: 8, patience: 600_000 };

/** Characters of a report as news: it cannot be trimmed later as a result can. */
const NEWS = { head: 6000, tail: 2000 };
/** Characters of a call's arguments, and of what is said of its failure. */
const LINE = 200;

export type AgentOrder = Pick<Working, "task" | "pay"> & {
  /** Who is asked, as questions name it. */
  title: string;
  /** The call that orders it: it is answered before the work is done. */
  context: ToolContext;
  /** The log of the session it works for. */
  log: Log;
  outputs: string;
  redact(text: string): string;
  make(context: ToolContext): Promise<Child>;
};

/** A sub-agent as work in the background: what it says and calls goes to its file as it comes, and its whole report at the end. */
export function agentJob(order: AgentOrder): Work {
  return {
    kind: SUBAGENT,
    title: shortened(`sub-agent ${order.title}`),
    async begin(at) {
      const file = new Capture(order.outputs, { redact: order.redact, live: at.file });
      const context = beside(order, at.signal);
      const child = await order.make(context).catch((error: unknown) => {
        file.end();
        throw error;
      });
      const keep = (words: string) => file.add(Buffer.from(words));
      const say = (words: string) => {
        if (words === "") return;
        at.hear(words);
        keep(words);
      };
      keep(`Session ${child.id}. Its task:\n${quoted(order.task)}\n\n`);
      const { task, pay } = order;
      const worked = work({ task, child, context, pay, see: (event) => say(wordsOf(event)) });
      const ended = worked.then((report) => {
        keep(`\nIt ${report.how}. ${report.counts}\n\nIts report:\n${report.said}\n`);
        file.end();
        return endOf(report, at);
      });
      return { ended };
    },
  };
}

// the call is over: what is seen of it is told by the list of jobs, and facts go to the log
function beside({ context, log }: AgentOrder, signal: AbortSignal): ToolContext {
  const { callId } = context;
  return {
    ...context,
    signal,
    events: log.events,
    emit: () => undefined,
    progress: () => undefined,
    record: (fact) => void log.append(fact.type === "judged" ? { ...fact, callId } : fact),
  };
}

function endOf({ outcome, how, said, counts, log }: Report, { file, signal }: Workplace): WorkEnd {
  if (signal.aborted) return { status: "ended", how: "it was killed", news: "" };
  const cut = bounded(said, NEWS);
  const where = cut === said ? "" : `, all of which is at the end of ${file}`;
  const report = said === "" ? "It gave no report." : `Its report${where}:\n${quoted(cut)}`;
  const figures = `${counts}; ${log}`;
  const status = outcome === "done" ? "completed" : outcome === "limit" ? "ended" : "failed";
  return { status, how: outcome === "done" ? figures : `it ${how}; ${figures}`, news: report };
}

// what it said and called, as it goes by
function wordsOf(event: Event): string {
  if (event.type === "result" && event.failed) return `  ! ${firstLine(plainText(event.parts))}\n`;
  if (event.type !== "reply") return "";
  const said = plainText(event.parts).trim();
  const calls = callsIn(event.parts).map(({ name, input }) => `> ${name} ${firstLine(JSON.stringify(input))}`);
  return [said, ...calls]
    .filter((line) => line !== "")
    .map((line) => `${line}\n`)
    .join("");
}

function firstLine(words: string): string {
  const [line = ""] = words.trim().split("\n", 1);
  return clip(line, LINE);
}
