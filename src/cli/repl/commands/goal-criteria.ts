import { UsageError } from "../../../app/usage-error.js";
import { criteriaOf } from "../../../goals/criteria.js";
import type { Criterion } from "../../../goals/types.js";
import type { Given } from "../../goal-args.js";

/** Criteria as they were typed, a line each, as flags would give them; `from` is the number of the first line. */
export function givenIn(lines: readonly string[], from = 2): Given[] {
  const { criteria, faults } = criteriaOf(lines);
  const told = faults.map(({ why, at }) => `line ${(at?.line ?? 1) + from - 1}: ${why}`);
  if (told.length > 0) throw new UsageError(`/goal: ${told.join("\n")}`);
  return criteria.flatMap(({ describe, check }: Criterion): Given[] => [
    { criterion: describe },
    ...(check === undefined ? [] : [{ check }]),
  ]);
}
