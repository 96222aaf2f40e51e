import { type Config, readConfig, thisMachine } from "../app/config.js";
import { modelsOf } from "../app/models.js";
import { UsageError } from "../app/usage-error.js";
import { textTokens } from "../models/tokens.js";
import { redactor } from "../platform/secrets.js";
import { nearest, visible } from "../platform/text.js";
import { shownPath } from "../platform/walk.js";
import { skillsTold, skillTold } from "../plugins/skills.js";
import { notCounted, type Skill, skillPlaces, skillReader } from "../store/skill-files.js";
import type { Asked, SkillFlags } from "./asked.js";
import { brokenFor, cutTo } from "./columns.js";
import { write } from "./output.js";
import { counted } from "./session-text.js";
import { SKILL_COMMANDS } from "./skills-args.js";

type Wish = Extract<Asked, { type: "skills" }>;

/** Lists the skills of a folder, and shows one as the model reads it. Reads files only: nothing of them is run. */
export async function skillsCommand({ what, flags, words: [word] }: Wish): Promise<number> {
  const config = await readConfig(flags, thisMachine());
  const skills = await skillReader(skillPlaces(config))();
  const text = what === "list" ? await listed(skills, { config, flags, word }) : shown(skills, { config, word });
  await write(process.stdout, text === "" ? "" : `${process.stdout.isTTY ? visible(text) : text}\n`, () => undefined);
  return 0;
}

type Around = { config: Config; word: string | undefined };

function shown(skills: readonly Skill[], { config, word }: Around): string {
  if (word === undefined) throw new UsageError("skills show wants the name of a skill. See nanocoder skills.");
  const skill = skills.find(({ name }) => name === word);
  const names = skills.map(({ name }) => name);
  if (skill) return skillTold(skill, { cwd: config.cwd, redact: redactor(config.keys).text });
  const [near] = nearest(word, names);
  const hint = near === undefined ? "See nanocoder skills." : `Did you mean "${near}"?`;
  throw new UsageError(`skills show: there is no skill "${word}" here. ${hint}`);
}

async function listed(
  skills: readonly Skill[],
  { config, flags, word }: Around & { flags: SkillFlags },
): Promise<string> {
  if (word !== undefined) {
    const [near] = nearest(word, SKILL_COMMANDS);
    throw new UsageError(
      `skills: there is no command "${word}". ${near ? `Did you mean ${near}?` : "nanocoder skills show NAME shows a skill."}`,
    );
  }
  const { lines, told } = skillsTold(skills, await windowOf(config));
  const path = (each: string) => shownPath(config.cwd, each);
  const left = notCounted(skillPlaces(config), skills);
  if (flags.json) {
    const all = [...skills.map((skill) => rowOf(skill, told)), ...left.map((each) => ({ ...each, counted: false }))];
    return all.map((row) => JSON.stringify(row)).join("\n");
  }
  const faults = left.map((each) => `not counted: ${path(each.path)}: ${each.why}`);
  const rows = skills.flatMap((skill) => linesOf(skill, { told, path }));
  const head = skills.length === 0 ? [NONE] : [headOf(skills, told, textTokens(lines.join("\n")))];
  return brokenFor([...head, ...rows, ...faults].map((line) => visible(line)).join("\n"), process.stdout);
}

const NONE = "There are no skills here. nanocoder skills --help says where they lie.";

function headOf(skills: readonly Skill[], told: ReadonlySet<Skill>, tokens: number): string {
  const rest = skills.filter((skill) => skill.offered && !told.has(skill)).length;
  const more = rest === 0 ? "" : ` ${rest} more do not fit into 1 % of its window: it finds them by words.`;
  return `${skills.length === 1 ? "1 skill" : `${skills.length} skills`}; the model is told of ${told.size}, in ${tokens} tokens.${more}`;
}

function rowOf(skill: Skill, told: ReadonlySet<Skill>) {
  const { name, description, from, path, offered, callable, problem } = skill;
  const tokens = textTokens(description);
  return {
    name,
    description,
    from,
    path,
    tokens,
    counted: true,
    told: told.has(skill),
    offered,
    callable,
    ...(problem && { problem }),
  };
}

type Showing = { told: ReadonlySet<Skill>; path(each: string): string };

function linesOf(skill: Skill, { told, path }: Showing): string[] {
  const { name, description, folder, offered, callable, problem } = skill;
  const how = [
    ...(offered ? [] : ["by hand only"]),
    ...(offered && !told.has(skill) ? ["by words only"] : []),
    ...(callable ? [] : [`not as /${name}`]),
  ];
  const more = how.length === 0 ? "" : ` (${how.join(", ")})`;
  const line = `${name}  ${path(folder)}  ${counted(textTokens(description), "token")}${more}  ${description}`;
  const fault = problem && `    ${problem}. Its folder's name and its first line stand in.`;
  return [cutTo(line, process.stdout.columns ?? Number.POSITIVE_INFINITY), ...(fault ? [fault] : [])];
}

// of the model that would be asked; what is usual where none is configured
async function windowOf(config: Config): Promise<number> {
  if (config.choice === undefined && config.gateway === undefined) return config.window ?? 128_000;
  return (await modelsOf(config, () => undefined)).modelFor("work").window;
}
