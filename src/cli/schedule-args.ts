import type { Command } from "commander";
import { subcommands } from "./subcommands.js";

export const SCHEDULE_COMMANDS = ["list", "add", "remove", "run"] as const;
export type ScheduleWhat = (typeof SCHEDULE_COMMANDS)[number];
export type ScheduleOptions = { zone?: string };
type Found<F> = { what: ScheduleWhat; flags: F; words: readonly string[] };

/** `nanocoder schedule`, with its own flags. */
export function addSchedule<F extends object>(program: Command, found: (asked: Found<F>) => void): void {
  const about = "prompts for later in this folder: list, add, remove, and run them as they come";
  const add = subcommands<ScheduleWhat, F>(program, { name: "schedule", about, examples: EXAMPLES }, found);
  add("list", "what is scheduled here, the next first", true).argument("[command]").usage("[options]");
  add("add", "add a prompt: every 30m, at 15:30, or five fields of cron")
    .argument("[when and prompt...]")
    .addOption(program.createOption("--zone <name>", "the time zone, such as Europe/Berlin (default: this machine's)"));
  add("remove", "remove one").argument("[id]");
  add("run", "stay, and run each as it comes; nothing is asked, what needs leave is refused");
}

const EXAMPLES = `
Examples:
  nanocoder schedule add "0 9 * * mon-fri" "Which tests are flaky? Write it to flaky.md."
  nanocoder schedule add every 2h "Look at the build log, and say what is new."
  nanocoder schedule add at 2030-01-31T09:00 --zone Europe/Berlin "Update the year in LICENSE."
  nanocoder schedule run
`;
