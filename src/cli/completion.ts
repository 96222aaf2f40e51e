import type { Command } from "commander";
import { UsageError } from "../app/usage-error.js";
import { commandLine } from "./args.js";
import { write } from "./output.js";

type Words = { commands: string[]; flags: string[]; choices: Map<string, readonly string[]> };

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
  return {
    commands: namesOf(program),
    flags: [
      ...program.options.flatMap((option) => [option.short, option.long].filter((flag) => flag !== undefined)),
      "--help",
    ],
    choices,
  };
}

function namesOf({ commands }: Command): string[] {
  return commands.map((command) => command.name());
}

const SCRIPTS: Record<string, (words: Words) => string> = { bash, zsh, fish };

function bash({ commands, flags, choices }: Words): string {
  const cases = [...choices].map(([flag, values]) => `    ${flag}) words="${values.join(" ")}" ;;`);
  return `# nanocoder completion: source <(nanocoder completion bash)
_nanocoder() {
  local words current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  case $previous in
${cases.join("\n")}
    -C|--cwd) COMPREPLY=($(compgen -d -- "$current")); return ;;
    --output-schema) COMPREPLY=($(compgen -f -- "$current")); return ;;
    completion) words="bash zsh fish" ;;
    *) words="${[...commands, ...flags].join(" ")}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _nanocoder nanocoder
`;
}

function zsh({ commands, flags, choices }: Words): string {
  const cases = [...choices].map(([flag, values]) => `    ${flag}) compadd -- ${values.join(" ")}; return ;;`);
  return `#compdef nanocoder
# nanocoder completion: source <(nanocoder completion zsh)
_nanocoder() {
  case \${words[CURRENT-1]} in
${cases.join("\n")}
    -C|--cwd) _files -/; return ;;
    --output-schema) _files; return ;;
    completion) compadd -- bash zsh fish; return ;;
  esac
  compadd -- ${[...commands, ...flags].join(" ")}
}
compdef _nanocoder nanocoder
`;
}

function fish({ commands, flags, choices }: Words): string {
  const lines = [
    "# nanocoder completion: nanocoder completion fish | source",
    "complete -c nanocoder -f",
    ...commands.map((name) => `complete -c nanocoder -n __fish_use_subcommand -a ${name}`),
    ...flags.filter((flag) => flag.startsWith("--")).map((flag) => fishFlag(flag, choices.get(flag))),
    "complete -c nanocoder -l output-schema -r -F",
    ...commands.flatMap((name) => fishCommand(name, choices.get(name))),
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
