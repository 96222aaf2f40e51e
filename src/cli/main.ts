import { UsageError } from "../app/usage-error.js";
import { sentence } from "../core/run-tools.js";

declare const __VERSION__: string;

/** The exit code of the whole process; each way to end comes through here. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-v")) {
    process.stdout.write(`${__VERSION__}\n`);
    return 0;
  }
  const { readArgs } = await import("./args.js");
  const asked = readArgs(argv, __VERSION__);
  if (asked.type === "told") return 0;
  if (asked.type === "demo") return (await import("./demo.js")).demo();
  if (asked.type === "doctor") return (await import("./doctor.js")).doctor(asked.flags);
  if (asked.type === "completion") return (await import("./completion.js")).completion(asked.shell, __VERSION__);
  if (asked.prompt === undefined || asked.flags.print === undefined) throw new UsageError(noPrompt(asked.prompt));
  return (await import("./one-shot.js")).oneShot(asked.flags, asked.prompt);
}

function noPrompt(words: string | undefined): string {
  const said = words === undefined ? "No prompt." : `"${words}" is no command.`;
  return `${said} This version works in one shot: nanocoder -p "what to do". See nanocoder --help.`;
}

process.stdout.on("error", (error) => {
  if (!("code" in error && error.code === "EPIPE")) throw error;
});

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`nanocoder: ${sentence(error)}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
