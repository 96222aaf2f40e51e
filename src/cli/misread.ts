import type { Command, CommanderError } from "commander";
import { nearest } from "../platform/text.js";
import { COMMANDS } from "./asked.js";

/** What is called otherwise elsewhere. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  rm: ["remove", "forget"],
  delete: ["remove", "rm", "forget"],
  ls: ["list"],
};

/** What is wrong with a command line, and what was perhaps meant, in words. */
export function misread({ code, message }: CommanderError, program: Command, argv: readonly string[]): string {
  const [first = "", ...more] = argv;
  const command = program.commands.find((each) => each.name() === first);
  const [near] = command || first.startsWith("-") ? [] : nearest(first, COMMANDS);
  if (near !== undefined) return `"${first}" is no command. Did you mean ${near}?`;
  const said = message.replace(/^error: /, "");
  if (code === "commander.missingArgument") return `${first}: ${said}. See nanocoder ${first} --help.`;
  if (code !== "commander.excessArguments") return said;
  if (command === undefined) return wantsQuotes(program.getOptionValue("print"), program.args);
  const within = command.commands.map((each) => each.name()).filter((name) => name !== "help");
  const [wrong = ""] = more;
  if (within.length > 0 && !within.includes(wrong)) {
    const [meant] = ALSO[wrong]?.filter((name) => within.includes(name)) ?? nearest(wrong, within);
    const hint = meant === undefined ? `There are ${within.join(", ")}.` : `Did you mean ${meant}?`;
    return `${first}: there is no command "${wrong}". ${hint}`;
  }
  return `${first}: there are words too many in "${more.join(" ")}". See nanocoder ${first} --help.`;
}

/** What to say of a prompt that came as several words. */
export function wantsQuotes(print: unknown, words: readonly string[]): string {
  const [flag, first] = typeof print === "string" ? ["-p ", [print]] : ["", []];
  return `A prompt of several words wants quotes: nanocoder ${flag}${JSON.stringify([...first, ...words].join(" "))}.`;
}

/** What to say of a prompt that is nearly the name of a command. */
export function mistaken(prompt: string): string | undefined {
  const [near] = nearest(prompt, COMMANDS);
  if (near === undefined) return undefined;
  return `"${prompt}" is no command. Did you mean ${near}? To say it to the model: nanocoder -p "${prompt}".`;
}
