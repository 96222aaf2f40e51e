import { UsageError } from "../app/usage-error.js";
import type { RunFlags } from "./asked.js";

/** Refuses the flags of a run that a command of longer work does not take. */
export function refuseRunFlags(command: "goal" | "plan", flags: RunFlags): void {
  const { print, continue: newest, fork, outputSchema, inputFormat } = flags;
  const other = {
    "--print": print,
    "--continue": newest,
    "--fork": fork,
    "--output-schema": outputSchema,
    "--input-format": inputFormat,
  };
  for (const [flag, value] of Object.entries(other))
    if (value !== undefined)
      throw new UsageError(`${command}: ${flag} does not go with it. See nanocoder ${command} --help.`);
}
