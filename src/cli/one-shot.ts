import { assemble, type Opened, type Resume } from "../app/assemble.js";
import { type Config, readConfig, thisMachine } from "../app/config.js";
import { UsageError } from "../app/usage-error.js";
import type { Delta, Event } from "../core/event.js";
import { run } from "../core/loop.js";
import { type Json, text } from "../core/message.js";
import { endLeftovers } from "../platform/exec.js";
import { visible } from "../platform/text.js";
import type { Answer, Question } from "../plugins/question.js";
import type { Format, RunFlags } from "./asked.js";
import { type Interrupts, interrupts } from "./interrupts.js";
import { initLine, lineMaker, type Outcome, type RunInfo, resultLine } from "./json.js";
import { colours, jsonLine, tell, write } from "./output.js";
import { type Progress, progress } from "./progress.js";
import { withSchedules } from "./scheduled-tool.js";
import { readPrompt } from "./stdin.js";
import { type Summary, summarise } from "./summary.js";

/** How long what runs in the background is waited for once the model has stopped, in milliseconds; sub-agents say so themselves. */
export const PATIENCE = 60_000;

/** `nanocoder -p`: works until done and gives the exit code. */
export async function oneShot(flags: RunFlags, asked: string): Promise<number> {
  const notices: string[] = [];
  const begun = await begin(flags, (line) => notices.push(line));
  if (begun === undefined) return 130;
  const { config, resume } = begun;
  const human = progress(process.stderr, colours(process.stderr));
  for (const line of notices) human.note(line);
  const stop = interrupts(config.timeout, (cause) => void leaveNow(cause));
  try {
    const prompt = await readPrompt(asked, human.note);
    const front = { ask: refuse, notice: human.note, patience: PATIENCE };
    const opened = await assemble(config, resume, withSchedules(front, config));
    opened.agent.inbox.post({ parts: [text(prompt)], from: "user" });
    return await work({ opened, config, flags, human, stop });
  } finally {
    human.end();
    stop.end();
  }
}

type Work = { opened: Opened; config: Config; flags: RunFlags; human: Progress; stop: Interrupts };

async function work({ opened, config, flags, human, stop }: Work): Promise<number> {
  const { agent, id } = opened;
  const out = output(flags, infoOf(opened, config), stop);
  const began = performance.now();
  const first = agent.log.events.length;
  out.start();
  try {
    for await (const item of run(agent, stop.signal)) {
      human.see(item);
      out.see(item);
    }
  } finally {
    await opened.close();
  }
  human.end();
  const events = agent.log.events.slice(first);
  const summary = summarise(events, stop.cause);
  const { subtype, verification } = summary;
  if (subtype !== "success" || verification !== undefined) (await import("./explained.js")).explain(summary, id, human);
  await out.end({ summary, figures: opened.models.gateway?.figures(events) }, performance.now() - began);
  return summary.exitCode;
}

/** What a run's JSON lines say of it. */
export function infoOf({ agent, id }: Opened, { cwd, mode }: Config): RunInfo {
  return { session: id, model: agent.model.id, cwd, tools: agent.tools.map((tool) => tool.name), mode };
}

type Output = { start(): void; see(item: Event | Delta): void; end(outcome: Outcome, ms: number): Promise<void> };

/** What goes to stdout: at the start, as it happens, and at the end of a run. */
export function output({ outputFormat, includePartial }: RunFlags, info: RunInfo, stop: Interrupts): Output {
  const gone = () => stop.interrupt("output closed");
  const print = (line: Json) => write(process.stdout, jsonLine(line), gone);
  const lines = lineMaker(info.session, includePartial ?? false);
  const outputs: Record<Format, Output> = {
    text: { start() {}, see() {}, end: ({ summary }) => printAnswer(summary) },
    json: { start() {}, see() {}, end: (outcome, ms) => print(resultLine(outcome, info, ms)) },
    "stream-json": {
      start: () => tell(process.stdout, initLine(info), gone),
      see: (item) => {
        for (const line of lines(item)) tell(process.stdout, line, gone);
      },
      end: (outcome, ms) => print(resultLine(outcome, info, ms)),
    },
  };
  return outputs[outputFormat];
}

// stdout is the answer and nothing else: without an answer it stays empty
async function printAnswer({ exitCode, result }: Summary): Promise<void> {
  if (exitCode !== 0 && exitCode !== 4) return;
  const shown = process.stdout.isTTY ? visible(result) : result;
  await write(process.stdout, `${shown.trimEnd()}\n`, () => undefined);
}

type Begun = { config: Config; resume: Resume };

/** The configuration, and the session to go on with; undefined when the person chose none. */
export async function begin(flags: RunFlags, notice: (line: string) => void): Promise<Begun | undefined> {
  const begun = await begunBy(flags, notice);
  if (begun && begun.config.choice === undefined && begun.config.gateway === undefined)
    throw new UsageError(await (await import("./no-model.js")).noModel());
  return begun;
}

async function begunBy(flags: RunFlags, notice: (line: string) => void): Promise<Begun | undefined> {
  const { continue: newest, resume, fork } = flags;
  if (newest || resume !== undefined) return (await import("./going-on.js")).goingOn(flags, notice);
  if (fork) throw new UsageError("--fork copies a session to go on with: say which by --continue or --resume ID.");
  return { config: await readConfig(flags, thisMachine()), resume: {} };
}

/** Nobody is there to ask. */
export async function refuse({ why, always: [rule] = [] }: Question): Promise<Answer> {
  const short = rule !== undefined && rule.length <= 80 && !/['\n]/.test(rule);
  const hint = short ? `; --allow '${rule}' lets it through` : "";
  return { verdict: "deny", why: `${why} (a headless run cannot ask${hint})` };
}

/** The second signal: what was started is ended, and nothing else waited for. */
export async function leaveNow(cause: string): Promise<void> {
  await endLeftovers();
  process.exit(cause === "SIGINT" ? 130 : 143);
}
