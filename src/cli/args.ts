import { Command, CommanderError, Option } from "commander";
import type { Flags } from "../app/input.js";
import { UsageError } from "../app/usage-error.js";
import { MODES } from "../plugins/permission.js";
import { addGoal, type GoalOptions } from "./goal-args.js";
import { addPermissions } from "./permission-args.js";
import { addPlan } from "./plan-args.js";

export const FORMATS = ["text", "json", "stream-json"] as const;
export type Format = (typeof FORMATS)[number];

export const COMMANDS = [
  "goal",
  "plan",
  "doctor",
  "demo",
  "completion",
  "undo",
  "sessions",
  "memory",
  "permissions",
  "trust",
  "help",
] as const;

export const SESSION_COMMANDS = ["list", "show", "export", "fork", "unfold", "rm"] as const;
type SessionWhat = (typeof SESSION_COMMANDS)[number];

export const MEMORY_COMMANDS = ["list", "add", "search", "forget"] as const;
type MemoryWhat = (typeof MEMORY_COMMANDS)[number];

export type RunFlags = Flags & {
  print?: string;
  continue?: boolean;
  resume?: string | true;
  fork?: boolean;
  outputFormat: Format;
  includePartial?: boolean;
};

export type PlanFlags = RunFlags & { yes?: boolean };
export type UndoFlags = Flags & { list?: boolean; redo?: boolean };

export type PermissionFlags = Flags & { jsonl?: boolean };
export type TrustFlags = Flags & { yes?: boolean; revoke?: boolean };

export type SessionFlags = Flags & {
  all?: boolean;
  limit?: string;
  json?: boolean;
  format?: "md" | "html";
  output?: string;
  yes?: boolean;
};

export type MemoryFlags = Flags & {
  scope?: "project" | "global";
  importance?: string;
  limit?: string;
  json?: boolean;
  all?: boolean;
  yes?: boolean;
};

export type Asked =
  | { type: "run"; flags: RunFlags; prompt: string | undefined }
  | { type: "plan"; flags: PlanFlags; request: string }
  | { type: "goal"; flags: RunFlags & GoalOptions; words: readonly string[] }
  | { type: "doctor"; flags: Flags }
  | { type: "undo"; flags: UndoFlags; count: string | undefined }
  | { type: "sessions"; what: SessionWhat; flags: SessionFlags; id: string | undefined }
  | { type: "memory"; what: MemoryWhat; flags: MemoryFlags; words: string }
  | { type: "permissions"; what: "test" | "list"; flags: PermissionFlags; command: string | undefined }
  | { type: "trust"; flags: TrustFlags }
  | { type: "demo" }
  | { type: "completion"; shell: string }
  | { type: "told" };

/** Reads the command line. Help goes to stdout; a mistake is a UsageError that names the nearest right word. */
export function readArgs(argv: readonly string[], version: string): Asked {
  let asked: Asked = { type: "told" };
  const program = commandLine(version, (found) => {
    asked = found;
  });
  try {
    program.parse(withPromptAfterDashes(argv), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new UsageError(error.message.replace(/^error: /, ""));
  }
  return asked;
}

// `-p -- TEXT`: without this `--` would be the prompt
function withPromptAfterDashes(argv: readonly string[]): string[] {
  const dashes = argv.indexOf("--");
  const [flag, words] = [argv[dashes - 1], argv[dashes + 1]];
  if (dashes < 1 || words === undefined || (flag !== "-p" && flag !== "--print")) return [...argv];
  return [...argv.slice(0, dashes - 1), `--print=${words}`, "--", ...argv.slice(dashes + 2)];
}

/** The whole command line as data: what parses it, and what the completion scripts are made from. */
export function commandLine(version: string, found: (asked: Asked) => void): Command {
  const program = new Command("nanocoder")
    .description("A coding agent for the terminal that does not stop until the checks pass.")
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .usage("-p PROMPT [options]")
    .argument("[prompt]")
    .helpCommand(true)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined })
    .addHelpText("after", EXAMPLES);
  for (const option of runOptions()) program.addOption(option);
  program.action((prompt: string | undefined, flags: RunFlags) => {
    found({ type: "run", flags, prompt: flags.print ?? prompt });
  });
  addGoal<RunFlags>(program, (flags, words) => found({ type: "goal", flags, words }));
  addPlan<PlanFlags>(program, (flags, request) => found({ type: "plan", flags, request }));
  program
    .command("doctor")
    .description("show what is configured and reachable, and how to mend what is not")
    .addOption(new Option("-m, --model <name>"))
    .addOption(new Option("--provider <name>"))
    .addOption(new Option("--base-url <url>"))
    .addOption(new Option("--api-key <key>"))
    .action((_: unknown, command: Command) => found({ type: "doctor", flags: command.optsWithGlobals() }));
  program
    .command("undo")
    .description("take back what the newest prompts wrote, or nothing where you changed a file since")
    .argument("[n]", "how many prompts (default 1)")
    .addOption(new Option("-l, --list", "show the newest prompts that wrote something"))
    .addOption(new Option("--redo", "take back the newest undo"))
    .addOption(new Option("-C, --cwd <dir>", "in this folder"))
    .action((count: string | undefined, _: unknown, command: Command) => {
      found({ type: "undo", flags: command.optsWithGlobals(), count });
    });
  addSessions(program, found);
  addMemory(program, found);
  addPermissions<PermissionFlags>(program, (asked) => found({ type: "permissions", ...asked }));
  program
    .command("trust")
    .description("show what this folder's settings would gain, and trust them")
    .addOption(new Option("--yes", "trust without asking"))
    .addOption(new Option("--revoke", "trust this folder no more"))
    .addOption(new Option("-C, --cwd <dir>", "this folder"))
    .action((_: unknown, command: Command) => found({ type: "trust", flags: command.optsWithGlobals() }));
  program
    .command("demo")
    .description("see it work, offline: real files, real tests; only the model's words are scripted")
    .action(() => found({ type: "demo" }));
  program
    .command("completion")
    .description("print a completion script")
    .argument("<shell>", "bash, zsh or fish")
    .action((shell: string) => found({ type: "completion", shell }));
  return program;
}

function addSessions(program: Command, found: (asked: Asked) => void): void {
  const sessions = program
    .command("sessions")
    .description("list, show, export, copy and remove saved sessions")
    .addHelpText("after", "\nID: an id, an unambiguous beginning of one, or last (this folder's newest).");
  const add = (what: SessionWhat, words: string, isDefault = false) =>
    sessions
      .command(what, { isDefault })
      .description(words)
      .addOption(new Option("-C, --cwd <dir>", "in this folder"))
      .action((id: string | undefined, _: unknown, command: Command) =>
        found({ type: "sessions", what, flags: command.optsWithGlobals(), id }),
      );
  add("list", "this folder's sessions, newest first", true)
    // a word here is a command that there is not
    .argument("[command]")
    .usage("[options]")
    .addOption(new Option("--all", "those of every folder"))
    .addOption(new Option("--limit <n>", "so many at most (default 50)"))
    .addOption(new Option("--json", "one JSON object per line"));
  add("show", "the conversation, to read here").argument("[id]", "default last");
  add("export", "the conversation as a file to keep or to pass on")
    .argument("[id]", "default last")
    .addOption(new Option("--format <format>", "default: as the file is called, else md").choices(["md", "html"]))
    .addOption(new Option("-o, --output <file>", "a new file in place of stdout"));
  add("fork", "copy it to a new session, and print the new id").argument("[id]", "default last");
  add("unfold", "take its newest compaction back: the model reads again what a summary stood for").argument(
    "[id]",
    "default last",
  );
  add("rm", "remove it and its files of long output, for good")
    .argument("<id>")
    .addOption(new Option("--yes", "without asking"));
}

function addMemory(program: Command, found: (asked: Asked) => void): void {
  const memory = program
    .command("memory")
    .description("list, add, search and forget what is remembered across sessions")
    .addHelpText(
      "after",
      "\nA memory counts in this folder (project), or in every one (global). Files: ~/.nanocoder/memory",
    );
  const add = (what: MemoryWhat, words: string, isDefault = false) =>
    memory
      .command(what, { isDefault })
      .description(words)
      .addOption(new Option("--scope <scope>", "of this folder, or of every one").choices(["project", "global"]))
      .addOption(new Option("-C, --cwd <dir>", "in this folder"))
      .action((given: string[], _: unknown, command: Command) =>
        found({ type: "memory", what, flags: command.optsWithGlobals(), words: given.join(" ") }),
      );
  add("list", "what counts in this folder, newest first", true)
    .argument("[command...]")
    .usage("[options]")
    .addOption(new Option("--json", "one JSON object per line"));
  add("add", "remember a text: one fact, 2000 characters at most")
    .argument("[text...]")
    .addOption(new Option("--importance <n>", "0 to 1 (default 0.5)"));
  add("search", "what fits a query, best first")
    .argument("[query...]")
    .addOption(new Option("--limit <n>", "so many at most (default 10)"))
    .addOption(new Option("--json", "one JSON object per line"));
  add("forget", "forget one by its id, or by the beginning of it")
    .argument("[id...]")
    .addOption(new Option("--all", "everything that list shows"))
    .addOption(new Option("--yes", "without asking"));
}

const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value];

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
    new Option("--trust", "use this folder's .nanocoder/settings.json, this once"),
    new Option("--sandbox", "isolate commands in every mode, or do not start"),
    new Option("--no-sandbox", "do not isolate commands: what is not known to read asks"),
    new Option("--no-memory", "recall and remember nothing"),
    new Option("--verify", "check what a run changed, also where the settings do not"),
    new Option("--no-verify", "do not check what a run changed"),
    new Option("--max-turns <n>", "stop after n answers of the model (exit 3)"),
    new Option("--max-cost <usd>", "stop when the answers have cost this much (exit 3)"),
    new Option("--timeout <duration>", "stop after 90s, 5m, 1h (exit 3)"),
    new Option("--output-format <format>", "what stdout carries").choices([...FORMATS]).default("text"),
    new Option("--output-schema <file>", "the answer must be JSON that fits this JSON Schema (2 repairs, else exit 1)"),
    new Option("--include-partial", "with stream-json: text as it comes"),
    new Option("--system <text>", "in place of the system prompt; the environment is still told"),
    new Option("--append-system <text>", "added to the system prompt"),
    new Option("--tools <list>", "offer only these, separated by commas"),
  ];
}

const EXAMPLES = `
Examples:
  nanocoder -p "why does the build fail? mend it" --permission-mode auto
  git diff | nanocoder -p "review this"
  nanocoder -p "go on" --continue --output-format json
  nanocoder goal "make the tests pass" --check "npm test"
  nanocoder plan "move the parser to its own package"
  nanocoder demo

Models: any OpenAI-compatible endpoint (OPENAI_API_KEY, OPENAI_BASE_URL), DeepSeek (DEEPSEEK_API_KEY),
Anthropic (ANTHROPIC_API_KEY); NANOCODER_MODEL, NANOCODER_BASE_URL and NANOCODER_API_KEY come before them.
Several that stand in for each other: NANOCODER_GATEWAY_MODELS=name:tier:base_url:api_key,… with the tiers strong, fast
and cheap, or "gateway" in ~/.nanocoder/settings.json; -m NAME asks one of them alone, --base-url one beside them.

Instructions: ~/.nanocoder/AGENTS.md, then AGENTS.md (else CLAUDE.md, else GEMINI.md) of each folder from the
repository's root down to here; the nearest wins. nanocoder doctor lists them.

Exit codes: 0 done, 1 model or internal failure, 2 usage, 3 a limit, 4 something needed was refused,
130 interrupted, 143 terminated.
`;
