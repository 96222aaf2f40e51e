import type { Command } from "commander";
import { UsageError } from "../app/usage-error.js";
import { commandLine } from "./args.js";
import { write } from "./output.js";

type Words = {
  commands: string[];
  flags: string[];
  choices: Map<string, readonly string[]>;
  /** What may follow each command, by its name. */
  after: Map<string, readonly string[]>;
};

/** Prints the completion script of a shell, made from the command line's own definition. */
export async function completion(shell: string, version: string): Promise<number> {
  const make = SCRIPTS[shell];
  if (make === undefined) throw new UsageError(`completion ${shell}: choose bash, zsh or fish.`);
  await write(process.stdout, make(wordsOf(await commandLine(version, () => undefined))), () => undefined);
  return 0;
}

function wordsOf(program: Command): Words {
  const choices = new Map<string, readonly string[]>();
  for (const option of program.options)
    if (option.argChoices && option.long) choices.set(option.long, option.argChoices);
  for (const command of program.commands)
    if (command.commands.length > 0) choices.set(command.name(), namesOf(command));
  const flags = flagsOf(program);
  const after = new Map(program.commands.map((command) => [command.name(), wordsAfter(command, flags)]));
  return { commands: namesOf(program), flags, choices, after };
}

// those that work take the flags of a run too, but for some
const WORKING = ["goal", "plan"];
const NOT_WORKING = [
  "-v",
  "--version",
  "-p",
  "--print",
  "-c",
  "--continue",
  "--fork",
  "--output-schema",
  "--input-format",
];

function wordsAfter(command: Command, ofRun: readonly string[]): string[] {
  const own = [command, ...command.commands].flatMap(flagsOf);
  const more = WORKING.includes(command.name()) ? ofRun.filter((flag) => !NOT_WORKING.includes(flag)) : [];
  return [...new Set([...own, ...more])];
}

function flagsOf({ options }: Command): string[] {
  return [...options.flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined)), "--help"];
}

function namesOf({ commands }: Command): string[] {
  return commands.map((command) => command.name());
}

const SCRIPTS: Record<string, (words: Words) => string> = { bash, zsh, fish };

function bash({ commands, flags, choices, after }: Words): string {
  const each = [...after].map(([name, words]) => `      ${name}) words="${words.join(" ")}" ;;`);
  const cases = [...choices].map(([flag, values]) => `    ${flag}) words="${values.join(" ")}" ;;`);
  return `# nanocoder completion: source <(nanocoder completion bash)
_nanocoder() {
  local words word command current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${commands.join("|")}) command=$word; break ;; esac
  done
  case $previous in
${cases.join("\n")}
    -C|--cwd) COMPREPLY=($(compgen -d -- "$current")); return ;;
    --output-schema) COMPREPLY=($(compgen -f -- "$current")); return ;;
    completion) words="bash zsh fish" ;;
    *) case $command in
${each.join("\n")}
      *) words="${[...commands, ...flags].join(" ")}" ;;
    esac ;;
  esac
  [[ $previous == goal ]] && words="init $words"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ $previous == goal && $current != -* ]] && COMPREPLY+=($(compgen -f -- "$current"))
  return 0
}
complete -F _nanocoder nanocoder
`;
}

function zsh({ commands, flags, choices, after }: Words): string {
  const each = [...after].map(([name, words]) => `      ${name}) compadd -- ${words.join(" ")}; return ;;`);
  const cases = [...choices].map(([flag, values]) => `    ${flag}) compadd -- ${values.join(" ")}; return ;;`);
  return `#compdef nanocoder
# nanocoder completion: source <(nanocoder completion zsh)
_nanocoder() {
  case \${words[CURRENT-1]} in
${cases.join("\n")}
    -C|--cwd) _files -/; return ;;
    --output-schema) _files; return ;;
    completion) compadd -- bash zsh fish; return ;;
    goal) compadd -- init; _files ;;
  esac
  local word
  for word in \${words[2,CURRENT-1]}; do
    case $word in
${each.join("\n")}
    esac
  done
  compadd -- ${[...commands, ...flags].join(" ")}
}
compdef _nanocoder nanocoder
`;
}

function fish({ commands, flags, choices, after }: Words): string {
  const lines = [
    "# nanocoder completion: nanocoder completion fish | source",
    "complete -c nanocoder -f",
    ...commands.map((name) => `complete -c nanocoder -n __fish_use_subcommand -a ${name}`),
    ...flags.filter((flag) => flag.startsWith("--")).map((flag) => fishFlag(flag, choices.get(flag))),
    "complete -c nanocoder -l output-schema -r -F",
    ...commands.flatMap((name) => fishCommand(name, choices.get(name))),
    ...[...after].flatMap(([name, words]) =>
      fishAfter(
        name,
        words.filter((word) => !flags.includes(word)),
      ),
    ),
    'complete -c nanocoder -n "__fish_seen_subcommand_from goal" -F -a init',
    'complete -c nanocoder -n "__fish_seen_subcommand_from completion" -a "bash zsh fish"',
  ];
  return `${lines.join("\n")}\n`;
}

function fishFlag(flag: string, values: readonly string[] | undefined): string {
  return `complete -c nanocoder -l ${flag.slice(2)}${values ? ` -x -a "${values.join(" ")}"` : ""}`;
}

function fishCommand(name: string, words: readonly string[] | undefined): string[] {
  return words ? [`complete -c nanocoder -n "__fish_seen_subcommand_from ${name}" -a "${words.join(" ")}"`] : [];
}

function fishAfter(name: string, words: readonly string[]): string[] {
  const own = words.filter((word) => word.startsWith("--")).map((word) => word.slice(2));
  return own.map((flag) => `complete -c nanocoder -n "__fish_seen_subcommand_from ${name}" -l ${flag}`);
}
