import type { Command, Option } from "commander";
import { asWide } from "./help-text.js";

type Found<W, F> = { what: W; flags: F; words: readonly string[] };
type Group = { name: string; about: string; examples: string };

/** A command with commands of its own, each for one folder: gives what adds one of them. */
export function subcommands<W extends string, F extends object>(
  program: Command,
  { name, about, examples }: Group,
  found: (asked: Found<W, F>) => void,
): (what: W, words: string, isDefault?: boolean) => Command {
  const group = program.command(name).description(about).addHelpText("after", asWide(examples));
  const folder = (): Option => program.createOption("-C, --cwd <dir>", "in this folder");
  return (what, words, isDefault = false) =>
    group
      .command(what, { isDefault })
      .description(words)
      .addOption(folder())
      .action((...given: unknown[]) => {
        const command = given.at(-1) as Command;
        found({ what, flags: command.optsWithGlobals<F>(), words: command.args });
      });
}
