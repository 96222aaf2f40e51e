import { Command, CommanderError } from "commander";
import { UsageError } from "../../../app/usage-error.js";
import { limitOptions } from "../../args.js";
import { addGoal, type GoalOptions } from "../../goal-args.js";
import { misread } from "../../misread.js";
import { givenIn } from "./goal-criteria.js";

export type SessionGoal = GoalOptions & { maxTurns?: string; maxCost?: string; timeout?: string };

/** What stands behind `/goal`. */
export type GoalAsked =
  | { type: "show" | "resume" }
  | { type: "help"; text: string }
  | { type: "init"; file: string | undefined }
  | { type: "goal"; flags: SessionGoal; asked: string | undefined };

type Flags = SessionGoal & { resume?: string | true; outputFormat?: string };

/**
 * Reads what stands behind `/goal`: the flags of `nanocoder goal` and its text in the first line, then criteria, one a
 * line, as `DESC ||| CMD`. Throws a UsageError.
 */
export function readGoalWords(words: string): GoalAsked {
  const [line = "", ...lines] = words.split(/\r?\n/);
  if (words.trim() === "") return { type: "show" };
  const [first = "", file, ...more] = line.trim().split(/\s+/);
  if (lines.length === 0 && first === "resume" && file === undefined) return { type: "resume" };
  if (lines.length === 0 && first === "init" && more.length === 0) return { type: "init", file };
  if (line.includes("|||"))
    throw new UsageError(
      "/goal: a criterion stands on a line of its own, behind the goal's: Ctrl+J begins one, then DESC ||| COMMAND.",
    );
  const read = flagsIn(line);
  if ("help" in read) return { type: "help", text: read.help };
  const { resume, outputFormat, ...flags } = read.flags;
  if (outputFormat !== undefined) throw new UsageError("/goal: --output-format is for the command line.");
  if (typeof resume === "string") throw new UsageError(`/goal: to go on with ${resume}, open it with /resume first.`);
  if (resume) return { type: "resume" };
  return { type: "goal", flags: { ...flags, criteria: [...flags.criteria, ...givenIn(lines)] }, asked: read.asked };
}

// by the same parser as the command line's
function flagsIn(line: string): { flags: Flags; asked: string | undefined } | { help: string } {
  const program = new Command("/").exitOverride();
  let [help, found] = ["", undefined as { flags: Flags; words: readonly string[] } | undefined];
  program.configureOutput({
    writeOut(text) {
      help += text;
    },
    writeErr: () => undefined,
    outputError: () => undefined,
  });
  for (const option of limitOptions()) program.addOption(option);
  addGoal<Flags>(program, (flags, words) => {
    found = { flags, words };
  });
  const argv = ["goal", ...wordsIn(line, program)];
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { help };
    throw new UsageError(`/goal: ${misread(error, program, argv)}`);
  }
  const { flags = { criteria: [] }, words = [] } = found ?? {};
  const [only = ""] = words;
  const asked = words.length === 1 ? bare(only) : words.join(" ");
  return { flags, asked: asked.trim() === "" ? undefined : asked };
}

// a quote inside of a word, such as in don't, is a letter; words of the goal itself stay as they were typed
function wordsIn(line: string, program: Command): string[] {
  const pieces = line.match(/--[\w-]+=(?:"[^"]*"|'[^']*')(?!\S)|"[^"]*"(?!\S)|'[^']*'(?!\S)|\S+/g) ?? [];
  const options = [...program.options, ...program.commands.flatMap(({ options }) => options)];
  const wants = new Set(options.filter(({ required }) => required).map(({ long }) => long));
  return pieces.map((piece, at) => {
    if (wants.has(pieces[at - 1])) return bare(piece);
    const [flag, value] = /^(--[\w-]+=)(.*)$/s.exec(piece)?.slice(1) ?? [];
    return flag === undefined ? piece : `${flag}${bare(value ?? "")}`;
  });
}

function bare(piece: string): string {
  return /^(["'])(.*)\1$/s.exec(piece)?.[2] ?? piece;
}
