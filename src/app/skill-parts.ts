import { skills } from "../plugins/skills.js";
import { skillPlaces, skillReader } from "../store/skill-files.js";

type Parts = { home: string; cwd: string; window: number; redact(text: string): string; notice(line: string): void };

/** Skills with a fault that a person is told of. */
const MOST = 3;

/** The plugin and the tool of skills; undefined where there are none. */
export async function skillParts({ notice, ...parts }: Parts): Promise<ReturnType<typeof skills> | undefined> {
  const read = skillReader(skillPlaces(parts));
  const first = await read();
  if (first.length === 0) return undefined;
  const faults = first.flatMap(({ problem }) => problem ?? []);
  for (const fault of faults.slice(0, MOST)) notice(`${fault}. The skill is listed by the name of its folder.`);
  if (faults.length > MOST) notice(`${faults.length - MOST} more skills have a front matter that cannot be read.`);
  return skills({ ...parts, read, first });
}
