import type { Command } from "commander";
import { MODES } from "../plugins/permission.js";

type Found<F> = { what: "test" | "list"; flags: F; command: string | undefined };

/** `nanocoder permissions`, with its own flags. */
export function addPermissions<F extends object>(program: Command, found: (asked: Found<F>) => void): void {
  const permissions = program.command("permissions").description("what is let through, and why");
  permissions
    .command("test")
    .description("say what would be done with a command line, and why; nothing is run")
    .argument("[command]")
    .addOption(program.createOption("--jsonl", 'read lines {"cmd":…} on stdin, answer each with one'))
    .addOption(program.createOption("--sandbox").hideHelp())
    .addOption(program.createOption("--no-sandbox", "as if commands could not be isolated"))
    .addOption(program.createOption("--permission-mode <mode>", "in this mode").choices([...MODES]))
    .addOption(program.createOption("-C, --cwd <dir>", "in this folder"))
    .action((text: string | undefined, _: unknown, command: Command) => {
      found({ what: "test", flags: command.optsWithGlobals<F>(), command: text });
    });
  permissions
    .command("list", { isDefault: true })
    .description("show the rules that count in this folder")
    .addOption(program.createOption("-C, --cwd <dir>", "in this folder"))
    .action((_: unknown, command: Command) => {
      found({ what: "list", flags: command.optsWithGlobals<F>(), command: undefined });
    });
}
