import type { Command } from "commander";
import { subcommands } from "./subcommands.js";

export const SKILL_COMMANDS = ["list", "show"] as const;
export type SkillWhat = (typeof SKILL_COMMANDS)[number];
export type SkillOptions = { json?: boolean };
type Found<F> = { what: SkillWhat; flags: F; words: readonly string[] };

/** `nanocoder skills`, with its own flags. */
export function addSkills<F extends object>(program: Command, found: (asked: Found<F>) => void): void {
  const about = "the skills that count in this folder, what is wrong with those that do not, and what the model reads";
  const add = subcommands<SkillWhat, F>(program, { name: "skills", about, examples: EXAMPLES }, found);
  add("list", "each with its place, its cost in the prompt, and its faults", true)
    .argument("[command]")
    .usage("[options]")
    .addOption(program.createOption("--json", "one JSON object per line"));
  add("show", "what the model reads of one when it loads it").argument("[name]");
}

const EXAMPLES = `
A skill is a folder with a SKILL.md, in ~/.nanocoder/skills or a project's .nanocoder/skills, .agents/skills or .claude/skills.

Examples:
  nanocoder skills
  nanocoder skills show release
`;
