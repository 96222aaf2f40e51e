import type { Opened } from "../app/assemble.js";
import type { Config } from "../app/config.js";
import type { Delta, Event } from "../core/event.js";
import type { Json } from "../core/message.js";
import { endIn } from "../goals/master.js";
import type { GoalOutcome } from "../goals/progress.js";
import { type GoalResult, reportJson, summaryOf } from "../goals/report.js";
import type { RunFlags } from "./asked.js";
import { deniedLines } from "./denied-lines.js";
import { keepReport } from "./goal-report.js";
import type { Interrupts } from "./interrupts.js";
import { initLine, lineMaker } from "./json.js";
import { jsonLine, tell, write } from "./output.js";
import type { Progress } from "./progress.js";
import type { Summary } from "./summary.js";

export type Output = { see(item: Event | Delta): void };
type Standing = { made: Opened; config: Config; stop: Interrupts };

/** What goes to stdout while work goes on: the lines of stream-json, or nothing. */
export function lookOn({ outputFormat, includePartial }: RunFlags, { made, config, stop }: Standing): Output {
  if (outputFormat !== "stream-json") return { see: () => undefined };
  const { agent, id } = made;
  const lines = lineMaker(id, includePartial ?? false);
  const print = (line: Json) => tell(process.stdout, line, () => stop.interrupt("output closed"));
  const tools = agent.tools.map(({ name }) => name);
  print(initLine({ session: id, model: agent.model.id, cwd: config.cwd, tools, mode: config.mode }));
  return {
    see: (item) => {
      for (const line of lines(item)) print(line);
    },
  };
}

const CODES: Record<GoalOutcome, number> = { met: 0, "not met": 5, impossible: 5, limit: 3, interrupted: 130 };

type Finished = Standing & { flags: RunFlags; human: Progress; summary: Summary; result: GoalResult };

/** Keeps the report, prints it, says how to go on, and gives the exit code. */
export async function finish({ config, flags, human, made, stop, summary, result }: Finished): Promise<number> {
  const { events } = made.agent.log;
  const report = keepReport(config.home, result, events);
  // what a round ended stays ended; all else can go on
  const over = endIn(events) !== undefined;
  for (const line of deniedLines(summary.denials)) human.note(line);
  const failed = summary.subtype === "error_provider" && result.end.outcome === "not met" && !over;
  if (failed) human.note(`nanocoder: ${summary.reason}`);
  if ("path" in report) human.note(`The report is in ${report.path}.md and ${report.path}.json.`);
  else human.note(`The report could not be kept in ${report.folder}: ${report.why}.`);
  if (!over) human.note(`Go on with: nanocoder goal --resume ${made.id}`);
  const words =
    flags.outputFormat === "text" || flags.outputFormat === undefined
      ? summaryOf(result)
      : jsonLine(reportJson(result)).trimEnd();
  await write(process.stdout, `${words}\n`, () => undefined);
  if (failed) return 1;
  return stop.cause === "SIGTERM" || stop.cause === "SIGHUP" ? 143 : CODES[result.end.outcome];
}
