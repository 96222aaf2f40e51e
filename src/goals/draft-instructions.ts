import type { FoundCheck, ProjectFound } from "./found.js";

const FILES = ["AGENTS.md", "CLAUDE.md"];

/** Which kind a heading or a command speaks of. */
const KINDS: readonly [FoundCheck["kind"], RegExp][] = [
  ["test", /\b(?:tests?|testing|pytest|vitest|jest)\b/i],
  ["types", /\b(?:type-?check(?:ing)?|types|tsc|mypy|pyright)\b/i],
  ["lint", /\b(?:lint(?:er|ing)?|eslint|biome|ruff|clippy)\b/i],
  ["check", /\b(?:checks?|checking|verify|verification)\b/i],
  ["build", /\b(?:builds?|building|compile)\b/i],
];

// what installs, serves, watches, publishes or changes things proves nothing
const NO_CHECK =
  /^(?:cd|export|source|\.|git|gh|curl|wget|sudo|rm|cp|mv|mkdir|docker|echo|cat|open|code)\s|\s(?:install|add|ci|i|login)\b|[\s:](?:dev|start|serve|watch|publish|deploy|release|clean|init)\b|--(?:watch|fix|write)\b|\s-w\b|&\s*$/;
// a place for something that the reader fills in
const PLACEHOLDER = /<[\w\s./-]+>|\.\.\.(?!\S*\/)(?:\s|$)|\[[\w ./-]+\]|\bpath\/to\b|\bYOUR_/;

/** Commands in fenced blocks of AGENTS.md (else CLAUDE.md) under headings that speak of tests, checks or builds. */
export function instructionChecks({ texts }: ProjectFound): FoundCheck[] {
  const from = FILES.find((name) => texts[name] !== undefined);
  if (from === undefined) return [];
  return blocks(texts[from] ?? "").flatMap(({ heading, lines }) => {
    const kind = kindOf(heading);
    if (!kind) return [];
    return commandsIn(lines).map((check) => ({ kind: kindOf(check) ?? kind, check, from }));
  });
}

function kindOf(text: string): FoundCheck["kind"] | undefined {
  return KINDS.find(([, pattern]) => pattern.test(text))?.[0];
}

type Block = { heading: string; lines: string[] };

// fenced blocks of a shell, or of no language, each with the heading above it
function blocks(text: string): Block[] {
  const found: Block[] = [];
  let heading = "";
  let open: { fence: string; lines: string[] } | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, fence, language = ""] = /^\s{0,3}(`{3,}|~{3,})\s*([\w-]*)/.exec(line) ?? [];
    if (open && fence?.startsWith(open.fence) && language === "") open = undefined;
    else if (open) open.lines.push(line);
    else if (fence) {
      open = { fence, lines: [] };
      if (SHELL.test(language)) found.push({ heading, lines: open.lines });
    } else heading = /^#{1,6}\s+(.+)/.exec(line)?.[1] ?? heading;
  }
  return found;
}

const SHELL = /^(?:|sh|bash|shell|console|zsh|shellsession)$/i;

function commandsIn(lines: readonly string[]): string[] {
  const prompted = lines.some((line) => /^\s*\$ /.test(line));
  const commands = lines
    .join("\n")
    .replace(/\\\n\s*/g, "")
    .split("\n");
  return commands
    .filter((line) => !prompted || /^\s*\$ /.test(line))
    .map((line) =>
      line
        .replace(/^\s*\$ /, "")
        .replace(/\s+#.*$/, "")
        .trim(),
    )
    .filter((line) => /^[A-Za-z./]/.test(line) && line.length <= 300)
    .filter((line) => !NO_CHECK.test(line) && !PLACEHOLDER.test(line));
}
