import { state } from "../core/fold.js";
import { text } from "../core/message.js";
import type { Session } from "../core/session.js";
import type { Effect, Result, Tool, ToolContext } from "../core/tool.js";
import { runShell, type Scope, type ShellEnd } from "../platform/exec.js";
import { statOf } from "../platform/files.js";
import type { Sandbox } from "../platform/sandbox.js";
import type { StartJob } from "./background.js";
import { boolean, optional, string, toolInput, whole } from "./schema.js";

export type BashOptions = {
  /** The whole environment of the commands. */
  env: Record<string, string>;
  /** The folder for the whole of long outputs. */
  outputs: string;
  /** The user's home folder: `~`. */
  home: string;
  /** Takes secrets out of what goes to a file. */
  redact?: ((text: string) => string) | undefined;
  /** Isolates every command that is not known to only read, unless leave was given to run it outside. */
  sandbox?: Sandbox | undefined;
  /** Whose commands they are: they are ended together. */
  scope?: Scope | undefined;
  /** Takes commands that are to run beside the conversation; absent: none can. */
  background?: StartJob | undefined;
};

type Input = { command: string; timeout?: number | undefined; run_in_background?: boolean | undefined };

/** Seconds. */
const TIMEOUT = { usual: 120, most: 600 };
/** The state key under which the shell's folder is kept from one command to the next. */
export const SHELL_FOLDER = "shell.cwd";

const INPUT = { command: string(), timeout: optional(whole(1, "seconds, default 120, at most 600")) };

const IN_BACKGROUND = {
  ...INPUT,
  run_in_background: optional(boolean("answer at once; you are told when it ends")),
};

/** Runs command lines; the working directory is kept from one to the next. */
export function bash(options: BashOptions): Tool<Input> {
  return {
    name: "bash",
    description:
      "Run a command line in bash: no terminal, no stdin; the working directory is kept. Long output is cut in the middle, the whole goes to a file.",
    input: toolInput(options.background ? IN_BACKGROUND : INPUT, { cmd: "command" }),
    effect: ({ command }, session) => effectOf(command, session, options),
    run: (input, context) => run(input, context, options),
  };
}

// loaded with the first command: the parser costs more than the rest of the start
const foreseeing = () => import("./foresee.js");

async function effectOf(command: string, session: Session, options: BashOptions): Promise<Effect> {
  const { foresee } = await foreseeing();
  const foresight = await foresee(command, placeOf(session, options));
  if (foresight.verdict !== "read-only") return { kind: "run", subjects: [command], foresight };
  return { kind: "read", subjects: foresight.reads, foresight };
}

function placeOf(
  session: Session,
  { home, env }: BashOptions,
): { cwd: string; root: string; home: string; env: Record<string, string> } {
  const kept = folderOf(session);
  return { cwd: isFolder(kept) ? kept : session.cwd, root: session.cwd, home, env };
}

function folderOf({ events, cwd }: Session): string {
  const kept = state(events, SHELL_FOLDER);
  return typeof kept === "string" ? kept : cwd;
}

async function run(
  { command, timeout, run_in_background: beside }: Input,
  context: ToolContext,
  options: BashOptions,
): Promise<Result> {
  if (command.trim() === "") throw new Error("The command is empty.");
  const kept = folderOf(context);
  const place = placeOf(context, options);
  const { cwd } = place;
  const seconds = Math.min(timeout ?? TIMEOUT.usual, TIMEOUT.most);
  const { signal } = context;
  const onOutput = (bytes: Buffer) => context.progress(bytes.toString("utf8"));
  const { env, sandbox } = await surroundings(command, { place, context, options });
  if (beside && options.background)
    return options.background({ command, cwd, env, sandbox, ...(timeout && { timeout: timeout * 1000 }) }, context);
  const end = await runShell({ ...options, env, sandbox, command, cwd, signal, timeout: seconds * 1000, onOutput });
  const now = end.cwd ?? cwd;
  if (now !== kept) context.record({ type: "state", key: SHELL_FOLDER, value: now });
  const notes = notesOn(end, { kept, cwd, now, seconds });
  const { code, ended } = end;
  return {
    parts: [text(reading(end, notes))],
    failed: code !== 0 || ended !== "exited",
    details: {
      code,
      ended,
      ...(context.judged?.kind === "read" && { reads: true }),
      ...(sandbox && { sandboxed: true }),
      ...(end.file === undefined ? {} : { file: end.file }),
    },
  };
}

type Asked = { place: ReturnType<typeof placeOf>; context: ToolContext; options: BashOptions };

// a command that only reads needs no sandbox, and its git writes nothing
async function surroundings(command: string, { place, context, options }: Asked) {
  const { foresee, quietly } = await foreseeing();
  const { verdict, parts } = context.judged?.foresight ?? (await foresee(command, place));
  if (verdict === "catastrophic") throw new Error("This is never run, in no mode. Nothing was done.");
  const quiet = verdict === "read-only" && parts.some((part) => /\bgit\b/.test(part.command));
  const env = quiet ? { ...options.env, ...quietly(place.cwd) } : options.env;
  return { env, sandbox: verdict === "read-only" || context.free ? undefined : options.sandbox };
}

// how it ended comes first when it ended badly: that must survive any cut
function reading(end: ShellEnd, { bad, good }: Notes): string {
  const output = end.output.trimEnd();
  const lines = [...bad, ...(output === "" ? [] : [output]), ...good];
  return lines.length === 0 ? "(no output)" : lines.join("\n");
}

type Notes = { bad: string[]; good: string[] };
type Where = { kept: string; cwd: string; now: string; seconds: number };

function notesOn(end: ShellEnd, { kept, cwd, now, seconds }: Where): Notes {
  const bad: string[] = [];
  const good: string[] = [];
  if (end.ended === "timeout") bad.push(`[timed out after ${seconds} s; it and all it started were ended]`);
  else if (end.ended === "aborted") bad.push("[interrupted; it and all it started were ended]");
  else if (end.code === null) bad.push(`[ended by ${end.killedBy}]`);
  else if (end.code !== 0) bad.push(`[exit code ${end.code}]`);
  if (kept !== cwd) bad.push(`[${kept} is gone; this ran in ${cwd}]`);
  if (now !== cwd) good.push(`[working directory is now ${now}]`);
  for (const path of end.removed) bad.push(`[it made ${path}, which steers what runs later: removed again]`);
  if (end.left) good.push("[it left processes running in the background; they end with this session]");
  return { bad, good };
}

function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() ?? false;
}
