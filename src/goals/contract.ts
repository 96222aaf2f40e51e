import { count, MOST } from "./bounds.js";
import { type GoalFlags, partsOfFlags } from "./flags.js";
import type { Fault, Parts } from "./parts.js";
import type { Contract, GoalLimits } from "./types.js";

/** A contract, or every mistake that keeps it from being one. */
export type Reading = { type: "contract"; contract: Contract } | { type: "faults"; faults: readonly Fault[] };

/**
 * Reads a goal from the text of a goal.yaml, from flags, or from both. What flags say beats the file; their criteria,
 * `--protect` and `--include` come after the file's.
 */
export async function readContract(from: { yaml?: string; file?: string; flags?: GoalFlags }): Promise<Reading> {
  const sources: Parts[] = [];
  if (from.yaml !== undefined) {
    const { partsOfYaml } = await import("./goal-yaml.js");
    sources.push({ ...(await partsOfYaml(from.yaml)), ...(from.file !== undefined && { file: from.file }) });
  }
  if (from.flags) sources.push(partsOfFlags(from.flags));
  return contractOf(sources);
}

/** Puts together what the sources say, later ones over earlier ones, and looks at the whole. */
export function contractOf(sources: readonly Parts[]): Reading {
  const merged: Partial<Parts> = Object.assign({}, ...sources);
  const { goal, stable = 1, clean = false, judge, file, at } = merged;
  const criteria = sources.flatMap((parts) => parts.criteria);
  const protect = unique(sources.flatMap((parts) => parts.protect));
  const include = unique(sources.flatMap((parts) => parts.include));
  const limits: GoalLimits = Object.assign({ iterations: 10 }, ...sources.map((parts) => parts.limits));
  const faults = sources.flatMap((parts) => parts.faults);
  if (faults.length > 0) return { type: "faults", faults };
  if (goal === undefined) return fault("There is no goal: say in one sentence what should be done.", at?.goal);
  if (criteria.length === 0) return fault(NO_CRITERION, at?.criteria);
  if (criteria.length > MOST.criteria)
    return fault(`There are ${count(criteria.length)} criteria, ${MOST.criteria} is the most.`, at?.criteria);
  for (const [name, globs] of Object.entries({ protect, include }))
    if (globs.length > MOST.globs)
      return fault(`"${name}" has ${count(globs.length)} globs, ${MOST.globs} is the most: name folders.`);
  const rest = { ...(judge !== undefined && { judge }), ...(file !== undefined && { file }) };
  return { type: "contract", contract: { goal, criteria, protect, limits, stable, clean, include, ...rest } };
}

const NO_CRITERION =
  "There is no criterion: say what must be true at the end, best with a command that exits 0 when it is " +
  '(--criterion "The tests pass" --check "npm test").';

function fault(why: string, at?: Fault["at"]): Reading {
  return { type: "faults", faults: [{ why, ...(at && { at }) }] };
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}
