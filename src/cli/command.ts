import { UsageError } from "../app/usage-error.js";
import { sentence } from "../core/run-tools.js";
import { readArgs } from "./args.js";
import type { Asked, RunFlags } from "./asked.js";
import { oneShot } from "./one-shot.js";

/** Does what the command line asks and ends the process: each way to end comes through here. */
export function command(argv: readonly string[], version: string): void {
  // work goes on where nobody can be told of it
  process.stderr.on("error", () => undefined);
  let lost: Error | undefined;
  process.stdout.on("error", (error) => {
    // a reader that has gone, a terminal that was closed: all else is a loss
    if (!("code" in error && (error.code === "EPIPE" || error.code === "EIO"))) lost = error;
  });
  const fail = (error: unknown) => {
    process.stderr.write(`nanocoder: ${sentence(error)}\n`);
    // by name: what is loaded lazily has a class of its own
    process.exit(error instanceof Error && error.name === UsageError.name ? 2 : 1);
  };
  obey(argv, version).then((code) => (lost === undefined ? process.exit(code) : fail(lost)), fail);
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
    case "skills":
      return (await import("./skills-command.js")).skillsCommand(asked);
    case "mcp":
      return (await import("./mcp-command.js")).mcpCommand(asked);
    case "schedule":
      return (await import("./schedule-command.js")).scheduleCommand(asked);
    case "permissions": {
      const { permissionsList, permissionsTest } = await import("./permissions.js");
      return asked.what === "list" ? permissionsList(asked.flags) : permissionsTest(asked.flags, asked.command);
    }
    case "trust":
      return (await import("./trust.js")).trustCommand(asked.flags);
    case "completion":
      return (await import("./completion.js")).completion(asked.shell, version);
    case "run":
      return asked.flags.print === undefined ? interactive(asked, version) : printed(asked.flags, asked);
  }
}

type Wish = { flags: RunFlags; prompt: string | undefined };

async function printed(flags: RunFlags, { prompt }: Wish): Promise<number> {
  const { print = "" } = flags;
  if (prompt !== undefined && prompt !== print)
    throw new UsageError((await import("./misread.js")).wantsQuotes(print, [prompt]));
  return headless(flags, print);
}

async function headless(flags: RunFlags, asked: string): Promise<number> {
  return flags.inputFormat === "stream-json"
    ? (await import("./conversation.js")).conversation(flags, asked)
    : oneShot(flags, asked);
}

// without a terminal on both sides nobody is there to talk to: it is one shot
async function interactive({ flags, prompt }: Wish, version: string): Promise<number> {
  // nothing longer is near the name of a command
  const short = prompt !== undefined && prompt.length <= 16;
  const mistaken = short ? (await import("./misread.js")).mistaken(prompt) : undefined;
  if (mistaken !== undefined) throw new UsageError(mistaken);
  const { stdin, stdout } = process;
  if (stdin.isTTY && stdout.isTTY) return (await import("./repl/repl.js")).repl(flags, { prompt, version });
  if (prompt !== undefined || !stdin.isTTY) return headless(flags, prompt ?? "-");
  throw new UsageError('An interactive session needs a terminal on both sides. One shot: nanocoder -p "what to do".');
}
