import { toolsUnknown } from "../agents/agent-types.js";
import type { Config } from "../app/config.js";
import { visible } from "../platform/text.js";
import { agentPlaces, listAgentTypes } from "../store/agent-files.js";
import { readSchedules, schedulePath } from "../store/schedule-file.js";
import { notCounted, skillPlaces, skillReader } from "../store/skill-files.js";
import type { Finding } from "./finding.js";

/** Names that a line holds at most. */
const NAMED = 10;

/** What is found of skills, types of sub-agents and schedules: how many count, and each that is broken with its mend. */
export async function partFindings(config: Config): Promise<Finding[]> {
  return [...(await skills(config)), ...(await types(config)), ...schedules(config)];
}

async function skills(config: Config): Promise<Finding[]> {
  const places = skillPlaces(config);
  const found = await skillReader(places)();
  const broken = found.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const left = notCounted(places, found);
  return [
    countOf(
      "skills",
      found.map(({ name }) => name),
    ),
    ...broken.map((what) => note(`skill, not read whole: ${what}`, "mend what stands between the lines of --- there")),
    ...left.map(({ path, why }) =>
      note(`skill, not counted: ${path}: ${why}`, "mend it, give it another name, or remove it"),
    ),
  ];
}

async function types(config: Config): Promise<Finding[]> {
  const { types: found, faults } = await listAgentTypes(agentPlaces(config));
  const unknown = found.flatMap((type) => toolsUnknown(type).map((name) => `${type.path}: there is no tool "${name}"`));
  return [
    countOf(
      "types of sub-agents",
      found.map(({ name }) => name),
    ),
    ...faults.map((what) => note(`type of sub-agent: ${what}`, "mend what stands between the lines of --- there")),
    ...unknown.map((what) => note(`type of sub-agent: ${what}`, "correct the name, or take it out of tools")),
  ];
}

function schedules({ home, cwd }: Config): Finding[] {
  const path = schedulePath(home, cwd);
  const { schedules: all, skipped } = readSchedules(path);
  const here = all.filter(({ folder }) => folder === cwd).map(({ id }) => id);
  const damage =
    skipped === 0
      ? []
      : [note(`schedules: ${path}: what cannot be read is left out (${skipped})`, "mend or remove that file")];
  return [countOf("schedules of this folder", here), ...damage];
}

function countOf(what: string, names: readonly string[]): Finding {
  if (names.length === 0) return { level: "good", what: `${what}: none` };
  const more = names.length > NAMED ? ", …" : "";
  return { level: "good", what: `${what}: ${names.length} (${names.slice(0, NAMED).map(visible).join(", ")}${more})` };
}

function note(what: string, mend: string): Finding {
  return { level: "note", what: visible(what), mend };
}
