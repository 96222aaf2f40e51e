import { join } from "node:path";
import type { Event } from "../core/event.js";
import { GOAL } from "../goals/master.js";
import { type GoalResult, reportJson } from "../goals/report.js";
import { reportMarkdown } from "../goals/report-markdown.js";
import { fileReason, makeFolder } from "../platform/files.js";
import { writePrivate } from "../platform/write-whole.js";

/** Where a report was kept, without the endings of its two files; or why it could not be. */
export type Kept = { path: string } | { why: string; folder: string };

/** Keeps a report in the home of nanocoder, named after its session; later goals of the same session have a number. */
export function keepReport(home: string, result: GoalResult, events: readonly Event[]): Kept {
  const folder = join(home, "goals");
  const nth = events.filter((event) => event.type === "state" && event.key === GOAL.contract).length;
  const path = join(folder, nth > 1 ? `${result.session}-${nth}` : result.session);
  try {
    makeFolder(folder, 0o700);
    writePrivate(`${path}.md`, reportMarkdown(result));
    writePrivate(`${path}.json`, `${JSON.stringify(reportJson(result), null, 2)}\n`);
    return { path };
  } catch (error) {
    return { why: fileReason(error), folder };
  }
}
