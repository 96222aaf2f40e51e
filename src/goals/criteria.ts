import { MOST, textFault } from "./bounds.js";
import type { Fault } from "./parts.js";
import type { Criterion } from "./types.js";

/** Reads `DESC`, `DESC ||| CMD` or `||| CMD` (which describes itself); gives the reason when it is none. */
export function criterionOf(text: string): Criterion | string {
  const [described = "", ...rest] = text.split("|||");
  if (rest.length === 0) return whole({ describe: described.trim() });
  const check = rest.join("|||").trim();
  if (check === "") return 'has nothing after "|||": write the command there, or take "|||" out';
  return whole({ describe: described.trim() || check, check });
}

/** Reads criteria one a line, as in `/goal`; empty lines are none. Places are of the lines as given. */
export function criteriaOf(lines: readonly string[]): { criteria: Criterion[]; faults: Fault[] } {
  const criteria: Criterion[] = [];
  const faults: Fault[] = [];
  lines.forEach((text, n) => {
    if (text.trim() === "") return;
    const read = criterionOf(text);
    if (typeof read === "string") faults.push({ why: `The criterion ${read}.`, at: { line: n + 1, column: 1 } });
    else criteria.push(read);
  });
  return { criteria, faults };
}

// a criterion, or why it cannot be one
function whole(criterion: Criterion): Criterion | string {
  const { describe, check } = criterion;
  const fault = textFault(describe, MOST.describe);
  if (fault) return fault;
  const ofCheck = check === undefined ? undefined : textFault(check, MOST.check);
  return ofCheck ? `has a check that ${ofCheck}` : criterion;
}
