import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Event } from "../../src/core/event.js";
import { roundsIn } from "../../src/goals/master.js";
import type { Round } from "../../src/goals/types.js";
import type { Script, SeenRequest, Turn } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { type Ended, nanocoder, openaiAt, type Place, place, sessionsIn } from "./nanocoder.js";

export const bash = (command: string): Turn => ({ calls: [{ name: "bash", input: { command } }] });
export const isJudge = ({ system }: SeenRequest) => system.startsWith("You judge whether criteria");
/** A judge's answer. */
export const verdicts = (...all: object[]) =>
  JSON.stringify({ verdicts: all.map((each, at) => ({ n: at + 1, reason: "as seen", evidence: "", ...each })) });

/** The report as programs get it. */
export type Report = {
  met: boolean;
  iterations: number;
  criteria: { met: boolean; by: string; reason: string; exit_code: number | null; output_tail: string | null }[];
  voided_rounds: { n: number; paths: string[] }[];
  changed_scripts: string[];
  session_id: string;
  termination_reason: string;
};

export type GoalRun = Ended & { requests: readonly SeenRequest[]; where: Place };
type Options = { where?: Place; env?: Record<string, string> };

/** Runs `nanocoder goal` against a script, in a mode that asks nobody and without a sandbox. */
export async function goalRun(script: Script, args: readonly string[], options: Options = {}): Promise<GoalRun> {
  const { where = place(), env = {} } = options;
  await using server = await modelServer(script);
  const all = ["goal", ...args, "--permission-mode", "auto", "--no-sandbox"];
  const ended = await nanocoder(all, { place: where, env: { ...openaiAt(server.url), ...env } });
  return { ...ended, requests: server.requests, where };
}

/** The report that a run left in its home. */
export function reportIn(where: Place): Report & { [key: string]: unknown } {
  return JSON.parse(readFileSync(`${reportPath(where)}.json`, "utf8"));
}

/** Where the report of the newest session is, without its ending. */
export function reportPath(where: Place): string {
  return join(where.home, ".nanocoder/goals", idIn(where));
}

/** The id of the newest session. */
export function idIn(where: Place): string {
  const first = sessionsIn(where).at(-1)?.[0];
  return first?.type === "session" ? first.id : "";
}

export function eventsIn(where: Place): readonly Event[] {
  return sessionsIn(where).at(-1) ?? [];
}

export function roundsOf(where: Place): Round[] {
  return roundsIn(eventsIn(where));
}

/** A place whose workspace holds these files, by path. */
export function placeWith(files: Readonly<Record<string, string>>): Place {
  const where = place();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(where.work, path)), { recursive: true });
    writeFileSync(join(where.work, path), text);
  }
  return where;
}

/** Makes a folder a repository with all of it in one commit. */
export function committed(folder: string): void {
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], { cwd: folder, stdio: "pipe" });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "begin");
}
