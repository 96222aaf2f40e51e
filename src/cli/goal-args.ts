import type { Command, Option } from "commander";
import { asWide } from "./help-text.js";

/** `--criterion` and `--check` in the order in which they were given. */
export type Given = { criterion: string } | { check: string };

/** What the command line says of a goal, besides the flags of a run. */
export type GoalOptions = {
  criteria: readonly Given[];
  protect?: readonly string[];
  include?: readonly string[];
  maxIterations?: string;
  stable?: string;
  clean?: boolean;
  judge?: string;
  force?: boolean;
};

/** `nanocoder goal`, with its own flags; those of a run count too. */
export function addGoal<F extends object>(
  program: Command,
  found: (flags: F & GoalOptions, words: readonly string[]) => void,
): void {
  const criteria: Given[] = [];
  const ordered = (flags: string, words: string, take: (value: string) => void) =>
    kept(program.createOption(flags, words), take);
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  program
    .command("goal")
    .description("work until every criterion is proved: by a command that exits 0, or by a judge")
    .argument("[what...]", "a goal file, a name in .nanocoder/goals, or the goal in words; init drafts a file")
    .usage('[FILE | TEXT | init [FILE]] [--criterion "DESC" --check "CMD"]... [options]')
    .addOption(
      ordered("--criterion <desc>", "what must be true; may be repeated", (value) =>
        criteria.push({ criterion: value }),
      ),
    )
    .addOption(
      ordered("--check <cmd>", "proves the criterion before it by exiting 0", (value) =>
        criteria.push({ check: value }),
      ),
    )
    .addOption(
      program.createOption("--protect <glob>", "files that nobody may change; may be repeated").argParser(list),
    )
    .addOption(program.createOption("--max-iterations <n>", "rounds at most (default 10)"))
    .addOption(program.createOption("--stable <n>", "each check must pass so many times in a row at the end"))
    .addOption(program.createOption("--clean", "the last checks run in a fresh copy of the result"))
    .addOption(
      program.createOption("--include <glob>", "untracked files that the copy gets; may be repeated").argParser(list),
    )
    .addOption(program.createOption("--judge <model>", "who judges what has no check"))
    .addOption(program.createOption("--force", "begin although a check cannot be run"))
    .addOption(
      program.createOption("-r, --resume [id]", "go on with a goal (default: this folder's newest that is not over)"),
    )
    .addOption(program.createOption("--output-format <format>", "text, json or stream-json"))
    .addHelpText("after", asWide(HELP))
    .action((words: string[], _: unknown, command: Command) => {
      found({ ...command.optsWithGlobals<F & GoalOptions>(), criteria }, words);
    });
}

// the order in which the two were given is kept beside them
function kept(option: Option, take: (value: string) => void): Option {
  return option.argParser((value: string) => {
    take(value);
    return undefined;
  });
}

const HELP = `
Before work begins each check is run once. In each round the worker works until it stops; then the checks are run afresh, by
nanocoder and not by the worker, and what is not met goes back to it with the end of the output. A change to a protected file or
to the goal's file voids the round and is undone. --max-turns, --max-cost, --timeout and the other flags are those of a run.

Exit codes: 0 met; 5 not met, or impossible; 3 a limit; 2 a mistake in the goal, or a check that cannot be run; 130 interrupted.
The report is kept in ~/.nanocoder/goals; --output-format json prints it. A goal that was begun stays as it was agreed:
--resume takes new limits of a run, but no other criteria. In a session: /goal TEXT, /goal --help.

Examples:
  nanocoder goal init
  nanocoder goal "make the tests pass" --check "npm test" --protect "test/**"
  nanocoder goal --resume`;
