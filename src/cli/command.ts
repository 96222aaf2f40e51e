import { UsageError } from "../app/usage-error.js";
import { sentence } from "../core/run-tools.js";
import { nearest } from "../platform/text.js";
import { readArgs } from "./args.js";
import { type Asked, COMMANDS } from "./asked.js";
import { oneShot } from "./one-shot.js";

/** Does what the command line asks and ends the process: each way to end comes through here. */
export function command(argv: readonly string[], version: string): void {
  process.stdout.on("error", (error) => {
    if (!("code" in error && error.code === "EPIPE")) throw error;
  });
  obey(argv, version).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`nanocoder: ${sentence(error)}\n`);
      // by name: what is loaded lazily has a class of its own
      process.exit(error instanceof Error && error.name === UsageError.name ? 2 : 1);
    },
  );
}

async function obey(argv: readonly string[], version: string): Promise<number> {
  const asked: Asked = await readArgs(argv, version);
  switch (asked.type) {
    case "told":
      return 0;
    case "goal":
      return (await import("./goal.js")).goalCommand(asked.flags, asked.words);
    case "plan":
      return (await import("./plan.js")).planCommand(asked.flags, asked.request);
    case "demo":
      return (await import("./demo.js")).demo();
    case "doctor":
      return (await import("./doctor.js")).doctor(asked.flags);
    case "undo":
      return (await import("./undo.js")).undoCommand(asked.flags, asked.count);
    case "sessions":
      return (await import("./sessions.js")).sessionsCommand(asked);
    case "memory":
      return (await import("./memory.js")).memoryCommand(asked);
    case "permissions": {
      const { permissionsList, permissionsTest } = await import("./permissions.js");
      return asked.what === "list" ? permissionsList(asked.flags) : permissionsTest(asked.flags, asked.command);
    }
    case "trust":
      return (await import("./trust.js")).trustCommand(asked.flags);
    case "completion":
      return (await import("./completion.js")).completion(asked.shell, version);
    case "run":
      if (asked.flags.print === undefined || asked.prompt === undefined) throw new UsageError(noPrompt(asked.prompt));
      if (asked.prompt !== asked.flags.print)
        throw new UsageError((await import("./misread.js")).wantsQuotes([asked.flags.print, asked.prompt]));
      return oneShot(asked.flags, asked.prompt);
  }
}

function noPrompt(words: string | undefined): string {
  const near = words === undefined ? [] : nearest(words, COMMANDS);
  if (words !== undefined && near.length > 0) return `"${words}" is no command. Did you mean ${near[0]}?`;
  return 'No prompt. This version works in one shot: nanocoder -p "what to do". See nanocoder --help.';
}
