import { assemble, type Opened } from "../app/assemble.js";
import type { Config } from "../app/config.js";
import { UsageError } from "../app/usage-error.js";
import { run } from "../core/loop.js";
import type { Json } from "../core/message.js";
import { visible } from "../platform/text.js";
import type { RunFlags } from "./asked.js";
import { explain } from "./explained.js";
import { type Interrupts, interrupts } from "./interrupts.js";
import { begin, infoOf, leaveNow, output, refuse } from "./one-shot.js";
import { colours, tell } from "./output.js";
import { type Progress, progress } from "./progress.js";
import { type Bad, type SaidLines, saidLines, type Turn } from "./said-lines.js";
import { withSchedules } from "./scheduled-tool.js";
import { summarise } from "./summary.js";

/** `nanocoder -p - --input-format stream-json`: a run for each message on stdin, until it ends. Gives the exit code of the last. */
export async function conversation(flags: RunFlags, asked: string): Promise<number> {
  checkFlags(flags, asked);
  const notices: string[] = [];
  const begun = await begin(flags, (line) => notices.push(line));
  if (begun === undefined) return 130;
  const { config, resume } = begun;
  const human = progress(process.stderr, colours(process.stderr));
  for (const line of notices) human.note(line);
  const stop = interrupts(config.timeout, (cause) => void leaveNow(cause));
  const print = printer(stop);
  const lines = saidLines(process.stdin, (id, fault) => print(answered(id, fault)));
  stop.signal.addEventListener("abort", lines.end, { once: true });
  try {
    const first = await lines.next();
    if (first?.type === "bad") throw new UsageError(told(first));
    if (first === undefined) return nothingSaid(stop);
    const opened = await assemble(config, resume, withSchedules({ ask: refuse, notice: human.note }, config));
    try {
      const from = opened.agent.log.events.length;
      return await converse({ opened, config, flags, human, stop, lines, print, from }, first);
    } finally {
      tellEnded(opened, human);
      await opened.close();
    }
  } finally {
    human.end();
    stop.end();
    lines.end();
  }
}

// nobody says anything more, so nobody would hear of its end
function tellEnded({ background }: Opened, human: Progress): void {
  const running = background.running().map(({ id, title }) => `${id} (${title})`);
  if (running.length > 0) human.note(`Ended with this conversation: ${visible(running.join(", "))}`);
}

function checkFlags({ outputFormat }: RunFlags, asked: string): void {
  if (outputFormat !== "stream-json")
    throw new UsageError("--input-format stream-json answers in JSON lines: give --output-format stream-json with it.");
  if (asked !== "-")
    throw new UsageError(
      "--input-format stream-json takes its messages from stdin: give -p - and say the prompt there.",
    );
}

type Print = (line: Json) => void;
type Talk = {
  opened: Opened;
  config: Config;
  flags: RunFlags;
  human: Progress;
  stop: Interrupts;
  lines: SaidLines;
  print: Print;
  /** The first event that no result has counted. */
  from: number;
};

function printer(stop: Interrupts): Print {
  return (line) => tell(process.stdout, line, () => stop.interrupt("output closed"));
}

// stopped from outside, perhaps between two runs
function codeOf({ cause }: Interrupts): number {
  return summarise([{ type: "ended", outcome: "aborted", seq: 0, at: 0 }], cause).exitCode;
}

function nothingSaid(stop: Interrupts): number {
  if (stop.cause !== undefined) return codeOf(stop);
  throw new UsageError(
    'stdin brought no message: write lines of {"type":"user","message":{"role":"user","content":"…"}} to it.',
  );
}

async function converse(talk: Talk, first: Turn): Promise<number> {
  const { opened, flags, stop, lines, print } = talk;
  const out = output(flags, infoOf(opened, talk.config), stop);
  out.start();
  let code = await take(talk, first, out);
  let unread = false;
  for (let item = await lines.next(); item !== undefined; item = await lines.next()) {
    if (item.type === "turn") code = await take(talk, item, out);
    else {
      unread = true;
      print({ type: "error", message: told(item), line: item.line, session_id: opened.id });
    }
  }
  if (stop.cause !== undefined) return codeOf(stop);
  return code === 0 && unread ? 2 : code;
}

async function take(talk: Talk, turn: Turn, out: ReturnType<typeof output>): Promise<number> {
  const { opened, human, stop, lines } = talk;
  const { agent, models } = opened;
  const began = performance.now();
  const signal = AbortSignal.any([stop.signal, turn.stop.signal]);
  // what a run that never begins was told would be heard by the next
  if (!signal.aborted) agent.inbox.post({ parts: turn.parts, from: "user" });
  for await (const item of run(agent, signal)) {
    human.see(item);
    out.see(item);
  }
  lines.over(turn);
  human.end();
  // what went on in the background since the turn before counts too
  const events = agent.log.events.slice(talk.from);
  talk.from += events.length;
  const summary = summarise(events, stop.cause, agent.log.events);
  explain(summary, opened.id, human);
  await out.end({ summary, figures: models.gateway?.figures(events) }, performance.now() - began);
  return summary.exitCode;
}

function told({ line, why }: Bad): string {
  return `line ${line} of stdin: ${why}`;
}

// as other agents' programs take it
function answered(id: string, fault: string | undefined): Json {
  const response =
    fault === undefined ? { subtype: "success", request_id: id } : { subtype: "error", request_id: id, error: fault };
  return { type: "control_response", response };
}
