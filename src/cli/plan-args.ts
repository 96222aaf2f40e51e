import type { Command } from "commander";
import { asWide } from "./help-text.js";

/** `nanocoder plan`, with its own flags; those of a run count too. */
export function addPlan<F extends object>(program: Command, found: (flags: F, request: string) => void): void {
  program
    .command("plan")
    .description("plan, show the plan, and once it is approved work on it step by step")
    .argument("[text...]", "what to do; - reads it from stdin")
    .usage("TEXT [options]")
    .addOption(program.createOption("--yes", "approve the plan without asking"))
    .addOption(
      program.createOption("-r, --resume [id]", "go on with a plan (default: this folder's newest that is not done)"),
    )
    .addOption(program.createOption("--output-format <format>", "text, json or stream-json"))
    .addHelpText("after", asWide(HELP))
    .action((words: string[], _: unknown, command: Command) => {
      found(command.optsWithGlobals<F>(), words.join(" "));
    });
}

const HELP = `
On a terminal you are asked: y works on it, n does not, e opens it in $VISUAL or $EDITOR. Elsewhere it is printed, and
nothing is done, unless --yes is given. Model, permission and limit flags are those of a run: see nanocoder --help.

A step is done when the worker says so and its verification passed; else it is tried once more, then the rest is planned
anew, twice at most. Steps: [ ] open, [>] worked on, [x] done, [!] failed, [-] skipped.
In a session: /plan TEXT.

Exit codes: 0 done, or printed only; 1 not done, or not approved; the others as for a run.`;
