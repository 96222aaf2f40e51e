import { Command, CommanderError, Option } from "commander";
import { UsageError } from "../app/usage-error.js";
import { MODES } from "../plugins/permission.js";
import { type Asked, COMMANDS, FORMATS, type RunFlags } from "./asked.js";

/** Reads the command line. Help goes to stdout; a mistake is a UsageError that names the nearest right word. */
export async function readArgs(argv: readonly string[], version: string): Promise<Asked> {
  let asked: Asked = { type: "told" };
  const take = (found: Asked) => {
    asked = found;
  };
  const program = isPlainRun(argv) ? runLine(version, take) : await commandLine(version, take);
  try {
    program.parse(withPromptAfterDashes(withStdinAsPrompt(argv)), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return asked;
    throw new UsageError((await import("./misread.js")).misread(error, program, argv));
  }
  return asked;
}

// messages come on stdin, and other agents' `-p` takes no prompt then
function withStdinAsPrompt(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => word === "-p" || word === "--print");
  const bare = at >= 0 && (argv[at + 1] ?? "--").startsWith("--") && argv[at + 1] !== "--";
  if (!bare || !argv.some((word) => word.startsWith("--input-format"))) return argv;
  return [...argv.slice(0, at + 1), "-", ...argv.slice(at + 1)];
}

// `-p -- TEXT`: without this `--` would be the prompt
function withPromptAfterDashes(argv: readonly string[]): string[] {
  const dashes = argv.indexOf("--");
  const [flag, words] = [argv[dashes - 1], argv[dashes + 1]];
  if (dashes < 1 || words === undefined || (flag !== "-p" && flag !== "--print")) return [...argv];
  return [...argv.slice(0, dashes - 1), `--print=${words}`, "--", ...argv.slice(dashes + 2)];
}

// a run whose flags say all: what knows the commands need not be loaded
function isPlainRun([first = "", ...more]: readonly string[]): boolean {
  const words = [first, ...more];
  const help = words.some((word) => word === "-h" || word === "--help");
  const commands: readonly string[] = COMMANDS;
  return /^(-p|--print)/.test(first) && !help && !more.slice(1).some((word) => commands.includes(word));
}

/** The whole command line as data: what parses it, and what the completion scripts are made from. */
export async function commandLine(version: string, found: (asked: Asked) => void): Promise<Command> {
  const program = runLine(version, found);
  (await import("./commands.js")).addCommands(program, found);
  return program;
}

function runLine(version: string, found: (asked: Asked) => void): Command {
  const program = new Command("nanocoder")
    .description("A coding agent for the terminal that does not stop until the checks pass.")
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .usage("[PROMPT] [options]\n       nanocoder -p PROMPT [options]")
    .argument("[prompt]", "opens a session at this terminal and is sent first; none: it waits for you")
    .helpCommand(true)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined });
  for (const option of runOptions()) program.addOption(option);
  program.action((prompt: string | undefined, flags: RunFlags) => {
    found({ type: "run", flags, prompt: prompt ?? flags.print });
  });
  return program;
}

const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value];

/** The limits of a run, which a goal in a session takes too. */
export function limitOptions(): Option[] {
  return [
    new Option("--max-turns <n>", "stop after n answers of the model (exit 3)"),
    new Option("--max-cost <usd>", "stop when the answers have cost this much (exit 3)"),
    new Option("--timeout <duration>", "stop after 90s, 5m, 1h (exit 3)"),
  ];
}

function runOptions(): Option[] {
  return [
    new Option("-p, --print <prompt>", "one shot: work, print the answer, exit; - reads the prompt from stdin"),
    new Option("-m, --model <name>", "the model to ask"),
    new Option("--provider <name>", "the wire to speak").choices(["openai", "anthropic"]),
    new Option("--base-url <url>", "the endpoint, such as http://localhost:11434/v1"),
    new Option("--api-key <key>", "the key (better in the environment: arguments are shown in process lists)"),
    new Option("-c, --continue", "go on with this folder's newest session"),
    new Option("-r, --resume [id]", "go on with a session by its id, or choose one"),
    new Option("--fork", "with -c or -r: go on in a copy; the session itself stays as it was"),
    new Option("-C, --cwd <dir>", "work in this folder"),
    new Option("--permission-mode <mode>", "what needs leave").choices([...MODES]),
    new Option("--yolo", "the same as --permission-mode auto"),
    new Option("--allow <rule>", "let through what matches, such as 'bash(npm test *)' (repeatable)").argParser(
      collect,
    ),
    new Option("--deny <rule>", "refuse what matches (repeatable)").argParser(collect),
    new Option("--trust", "use this folder's settings and MCP servers, this once"),
    new Option("--sandbox", "isolate commands in every mode, or do not start"),
    new Option("--no-sandbox", "do not isolate commands: what is not known to read asks"),
    new Option("--no-memory", "recall and remember nothing"),
    new Option("--verify", "check what a run changed, also where the settings do not"),
    new Option("--no-verify", "do not check what a run changed"),
    ...limitOptions(),
    new Option("--output-format <format>", "with -p: what stdout carries").choices([...FORMATS]).default("text"),
    new Option(
      "--output-schema <file>",
      "with -p: the answer must be JSON that fits this JSON Schema (2 repairs, else exit 1)",
    ),
    new Option("--input-format <format>", "with -p -: stream-json is a conversation, a JSON line a message").choices([
      "text",
      "stream-json",
    ]),
    new Option("--include-partial", "with -p and stream-json: text as it comes"),
    new Option("--system <text>", "in place of the system prompt; the environment is still told"),
    new Option("--append-system <text>", "added to the system prompt"),
    new Option("--tools <list>", "offer only these, separated by commas"),
  ];
}
