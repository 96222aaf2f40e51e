import { deniedLines } from "./denied-lines.js";
import type { Progress } from "./progress.js";
import type { Summary } from "./summary.js";
import { verifyLines } from "./verify-lines.js";

/** Says to a person why a run ended as it did, and how to go on; of one that is done, what was checked. */
export function explain(summary: Summary, id: string, human: Progress): void {
  if (summary.verification !== undefined) for (const line of verifyLines(summary.verification)) human.note(line);
  for (const line of deniedLines(summary.denials)) human.note(line);
  const goOn = `Go on with: nanocoder -p "…" --resume ${id}`;
  if (summary.subtype === "error_provider") {
    if (summary.result !== summary.reason) human.note(`The answer so far:\n${summary.result}`);
    human.note(`nanocoder: ${summary.reason}\n${goOn}`);
  }
  if (summary.subtype === "error_max_turns")
    human.note(`Stopped after ${summary.turns === 1 ? "1 turn" : `${summary.turns} turns`} (--max-turns). ${goOn}`);
  if (/^error_(loop|max_cost)$/.test(summary.subtype)) human.note(`Stopped: ${summary.reason}. ${goOn}`);
  if (summary.subtype === "error_timeout") human.note(`Stopped: the time given by --timeout is over. ${goOn}`);
  if (summary.subtype === "interrupted") human.note(`Interrupted. ${goOn}`);
}
