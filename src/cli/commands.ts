import type { Command } from "commander";
import type {
  Asked,
  McpFlags,
  MemoryWhat,
  PermissionFlags,
  PlanFlags,
  RunFlags,
  ScheduleFlags,
  SessionWhat,
  SkillFlags,
} from "./asked.js";
import { addGoal } from "./goal-args.js";
import { asWide } from "./help-text.js";
import { addMcp } from "./mcp-args.js";
import { addPermissions } from "./permission-args.js";
import { addPlan } from "./plan-args.js";
import { addSchedule } from "./schedule-args.js";
import { addSkills } from "./skills-args.js";

/** Everything but a plain run: the commands, and what help says besides. The start of a one-shot run does without. */
export function addCommands(program: Command, found: (asked: Asked) => void): void {
  program.addHelpText("after", asWide(EXAMPLES));
  addGoal<RunFlags>(program, (flags, words) => found({ type: "goal", flags, words }));
  addPlan<PlanFlags>(program, (flags, request) => found({ type: "plan", flags, request }));
  program
    .command("doctor")
    .description("show what is configured and reachable, and how to mend what is not")
    .addOption(program.createOption("-m, --model <name>", "the model to look at"))
    .addOption(program.createOption("--provider <name>", "the wire it speaks: openai or anthropic"))
    .addOption(program.createOption("--base-url <url>", "its endpoint"))
    .addOption(program.createOption("--api-key <key>", "its key (better in the environment)"))
    .action((_: unknown, command: Command) => found({ type: "doctor", flags: command.optsWithGlobals() }));
  program
    .command("undo")
    .description("take back what the newest prompts wrote, or nothing where you changed a file since")
    .argument("[n]", "how many prompts (default 1)")
    .addOption(program.createOption("-l, --list", "show the newest prompts that wrote something"))
    .addOption(program.createOption("--redo", "take back the newest undo"))
    .addOption(program.createOption("-C, --cwd <dir>", "in this folder"))
    .action((count: string | undefined, _: unknown, command: Command) => {
      found({ type: "undo", flags: command.optsWithGlobals(), count });
    });
  addSessions(program, found);
  addMemory(program, found);
  addSkills<SkillFlags>(program, (asked) => found({ type: "skills", ...asked }));
  addMcp<McpFlags>(program, (asked) => found({ type: "mcp", ...asked }));
  addSchedule<ScheduleFlags>(program, (asked) => found({ type: "schedule", ...asked }));
  addPermissions<PermissionFlags>(program, (asked) => found({ type: "permissions", ...asked }));
  program
    .command("trust")
    .description("show what this folder's settings and MCP servers would gain, and trust them")
    .addOption(program.createOption("--yes", "trust without asking"))
    .addOption(program.createOption("--revoke", "trust this folder no more"))
    .addOption(program.createOption("-C, --cwd <dir>", "this folder"))
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
}

function addSessions(program: Command, found: (asked: Asked) => void): void {
  const sessions = program
    .command("sessions")
    .description("list, show, export, copy and remove saved sessions")
    .addHelpText("after", asWide("\nID: an id, an unambiguous beginning of one, or last (this folder's newest)."));
  const add = (what: SessionWhat, words: string, isDefault = false) =>
    sessions
      .command(what, { isDefault })
      .description(words)
      .addOption(program.createOption("-C, --cwd <dir>", "in this folder"))
      .action((id: string | undefined, _: unknown, command: Command) =>
        found({ type: "sessions", what, flags: command.optsWithGlobals(), id }),
      );
  add("list", "this folder's sessions, newest first", true)
    // a word here is a command that there is not
    .argument("[command]")
    .usage("[options]")
    .addOption(program.createOption("--all", "those of every folder"))
    .addOption(program.createOption("--limit <n>", "so many at most (default 50)"))
    .addOption(program.createOption("--json", "one JSON object per line"));
  add("show", "the conversation, to read here").argument("[id]", "default last");
  add("export", "the conversation as a file to keep or to pass on")
    .argument("[id]", "default last")
    .addOption(
      program.createOption("--format <format>", "default: as the file is called; md on stdout").choices(["md", "html"]),
    )
    .addOption(program.createOption("-o, --output <file>", "a new file in place of stdout"));
  add("fork", "copy it to a new session, and print the new id").argument("[id]", "default last");
  add("unfold", "take its newest compaction back: the model reads again what a summary stood for").argument(
    "[id]",
    "default last",
  );
  add("rm", "remove it and its files of long output, for good")
    .argument("<id>")
    .addOption(program.createOption("--yes", "without asking"));
}

function addMemory(program: Command, found: (asked: Asked) => void): void {
  const memory = program
    .command("memory")
    .description("list, add, search and forget what is remembered across sessions")
    .addHelpText(
      "after",
      asWide("\nA memory counts in this folder (project), or in every one (global). Files: ~/.nanocoder/memory"),
    );
  const add = (what: MemoryWhat, words: string, isDefault = false) =>
    memory
      .command(what, { isDefault })
      .description(words)
      .addOption(
        program.createOption("--scope <scope>", "of this folder, or of every one").choices(["project", "global"]),
      )
      .addOption(program.createOption("-C, --cwd <dir>", "in this folder"))
      .action((given: string[], _: unknown, command: Command) =>
        found({ type: "memory", what, flags: command.optsWithGlobals(), words: given.join(" ") }),
      );
  add("list", "what counts in this folder, newest first", true)
    .argument("[command...]")
    .usage("[options]")
    .addOption(program.createOption("--json", "one JSON object per line"));
  add("add", "remember a text: one fact, 2000 characters at most")
    .argument("[text...]")
    .addOption(program.createOption("--importance <n>", "0 to 1 (default 0.5)"));
  add("search", "what fits a query, best first")
    .argument("[query...]")
    .addOption(program.createOption("--limit <n>", "so many at most (default 10)"))
    .addOption(program.createOption("--json", "one JSON object per line"));
  add("forget", "forget one by its id, or by the beginning of it")
    .argument("[id...]")
    .addOption(program.createOption("--all", "everything that list shows"))
    .addOption(program.createOption("--yes", "without asking"));
}

const EXAMPLES = `
Examples:
  nanocoder
  nanocoder "why does the test fail? mend it"
  nanocoder --continue
  nanocoder -p "why does the build fail? mend it" --permission-mode auto
  git diff | nanocoder -p "review this"
  nanocoder -p "go on" --continue --output-format json
  nanocoder goal "make the tests pass" --check "npm test"
  nanocoder plan "move the parser to its own package"
  nanocoder demo

A session: /help lists its commands and keys; @path names a file, !command runs one yourself, #text is remembered. Without a
key it sets one up; with TERM=dumb it speaks in plain lines; where stdin or stdout is no terminal, PROMPT is one shot.
In a session --max-turns and --max-cost hold for each prompt; --output-format, --output-schema, --input-format,
--include-partial and --timeout are refused: they are for work without a person.

A program holds a conversation by -p - --input-format stream-json --output-format stream-json: each line on stdin is
{"type":"user","message":{"role":"user","content":"…"}} and one run; {"type":"interrupt"} ends the run that is under way.

Models: any OpenAI-compatible endpoint (OPENAI_API_KEY, OPENAI_BASE_URL), DeepSeek (DEEPSEEK_API_KEY),
Anthropic (ANTHROPIC_API_KEY); NANOCODER_MODEL, NANOCODER_BASE_URL and NANOCODER_API_KEY come before them.
Several that stand in for each other: NANOCODER_GATEWAY_MODELS=name:tier:base_url:api_key,… with the tiers strong, fast
and cheap, or "gateway" in ~/.nanocoder/settings.json; -m NAME asks one of them alone, --base-url one beside them.

Instructions: ~/.nanocoder/AGENTS.md, then AGENTS.md (else CLAUDE.md, else GEMINI.md) of each folder from the
repository's root down to here; the nearest wins. nanocoder doctor lists them.

Exit codes: 0 done, 1 model or internal failure, 2 usage, 3 a limit, 4 something needed was refused, 5 a goal is not met,
130 interrupted, 143 terminated.
`;
