import { assemble, type Opened, type Resume } from "../app/assemble.js";
import { type Config, readConfig, thisMachine } from "../app/config.js";
import { UsageError } from "../app/usage-error.js";
import type { Delta, Event } from "../core/event.js";
import { run } from "../core/loop.js";
import { text } from "../core/message.js";
import { endLeftovers } from "../platform/exec.js";
import { visible } from "../platform/text.js";
import type { Answer, Question } from "../plugins/permission.js";
import type { Format, RunFlags } from "./args.js";
import { type Interrupts, interrupts } from "./interrupts.js";
import { initLine, lineMaker, type RunInfo, resultLine } from "./json.js";
import { noModel } from "./no-model.js";
import { colours, write } from "./output.js";
import { type Progress, progress } from "./progress.js";
import { readPrompt } from "./stdin.js";
import { type Summary, summarise } from "./summary.js";

/** `nanocoder -p`: works until done and gives the exit code. */
export async function oneShot(flags: RunFlags, asked: string): Promise<number> {
  const config = await readConfig(flags, thisMachine());
  if (config.choice === undefined) throw new UsageError(await noModel());
  const human = progress(process.stderr, colours(process.stderr));
  const stop = interrupts(config.timeout, (cause) => void leaveNow(cause));
  try {
    const prompt = await readPrompt(asked, human.note);
    const opened = await assemble(config, resumeOf(flags), { ask: refuse, notice: human.note });
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
  const info = {
    session: id,
    model: agent.model.id,
    cwd: config.cwd,
    tools: agent.tools.map((tool) => tool.name),
    mode: config.mode,
  };
  const out = output(flags, info, stop);
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
  const summary = summarise(agent.log.events.slice(first), stop.cause);
  explain(summary, id, human);
  await out.end(summary, performance.now() - began);
  return summary.exitCode;
}

type Output = { start(): void; see(item: Event | Delta): void; end(summary: Summary, ms: number): Promise<void> };

function output({ outputFormat, includePartial }: RunFlags, info: RunInfo, stop: Interrupts): Output {
  const print = (line: unknown) =>
    write(process.stdout, `${JSON.stringify(line)}\n`, () => stop.interrupt("output closed"));
  const lines = lineMaker(info.session, includePartial ?? false);
  const outputs: Record<Format, Output> = {
    text: { start() {}, see() {}, end: ({ exitCode, result }) => printAnswer(exitCode, result) },
    json: { start() {}, see() {}, end: (summary, ms) => print(resultLine(summary, info, ms)) },
    "stream-json": {
      start: () => void print(initLine(info)),
      see: (item) => {
        for (const line of lines(item)) void print(line);
      },
      end: (summary, ms) => print(resultLine(summary, info, ms)),
    },
  };
  return outputs[outputFormat];
}

// stdout is the answer and nothing else: without an answer it stays empty
async function printAnswer(exitCode: number, answer: string): Promise<void> {
  if (exitCode !== 0 && exitCode !== 4) return;
  const shown = process.stdout.isTTY ? visible(answer) : answer;
  await write(process.stdout, `${shown.trimEnd()}\n`, () => undefined);
}

function explain(summary: Summary, id: string, human: Progress): void {
  for (const denial of summary.denials) human.note(`denied: ${denial.tool}: ${denial.reason}`);
  const goOn = `Go on with: nanocoder -p "…" --resume ${id}`;
  if (summary.subtype === "error_provider") {
    if (summary.result !== summary.reason) human.note(`The answer so far:\n${summary.result}`);
    human.note(`nanocoder: ${summary.reason}\n${goOn}`);
  }
  if (summary.subtype === "error_max_turns") human.note(`Stopped after ${summary.turns} turns (--max-turns). ${goOn}`);
  if (/^error_(loop|max_cost)$/.test(summary.subtype)) human.note(`Stopped: ${summary.reason}. ${goOn}`);
  if (summary.subtype === "error_timeout") human.note(`Stopped: the time given by --timeout is over. ${goOn}`);
  if (summary.subtype === "interrupted") human.note(`Interrupted. ${goOn}`);
}

function resumeOf({ continue: newest = false, resume, fork = false }: RunFlags): Resume {
  if (fork && !newest && resume === undefined)
    throw new UsageError("--fork copies a session to go on with: say which by --continue or --resume ID.");
  if (resume === true) throw new UsageError("--resume wants the id of a session here; --continue takes the newest.");
  return { newest, fork, ...(resume === undefined ? {} : { id: resume }) };
}

// nobody is there to ask
async function refuse({ why, always: [rule] = [] }: Question): Promise<Answer> {
  const short = rule !== undefined && rule.length <= 80 && !/['\n]/.test(rule);
  const hint = short ? `; --allow '${rule}' lets it through` : "";
  return { verdict: "deny", why: `${why} (a headless run cannot ask${hint})` };
}

async function leaveNow(cause: string): Promise<void> {
  await endLeftovers();
  process.exit(cause === "SIGINT" ? 130 : 143);
}
