import type { Session } from "../core/session.js";
import type { Changed } from "../store/run-changes.js";
import { type CommandEnd, isolates, runCommand } from "./verify-command.js";
import type { Found, VerifyOptions } from "./verify-options.js";

/** How a command did on the files as they were before the run, by command. */
export type Baseline =
  | { type: "passed" }
  | { type: "failed"; names: ReadonlySet<string> }
  | { type: "unknown"; why: string };

export type Failed = { command: string; code: number; output: string; tail: string };

/** Says of a command that failed now whether it failed before. */
export function blamed(check: string, { code, output, tail }: Failed, before: Baseline): Found {
  const failed = { check, status: "failed" as const, exit_code: code, output: tail };
  if (before.type === "unknown") return { ...failed, before: "unknown", why: `may have failed before: ${before.why}` };
  if (before.type === "passed") return { ...failed, before: "passed", why: "passed before this run" };
  const fresh = [...failuresIn(output)].filter((name) => !before.names.has(name));
  if (before.names.size === 0 || fresh.length === 0)
    return { ...failed, before: "failed", why: "failed before this run too" };
  return { ...failed, before: "passed", why: `new: ${fresh.slice(0, 5).join(", ")}` };
}

/** Runs a command on the workspace as it was, laid over it in the sandbox. */
export async function baselineOf(
  { command, changes, left }: { command: string; changes: readonly Changed[]; left: number },
  session: Session,
  options: VerifyOptions,
): Promise<Baseline> {
  if (!(await isolates(options)))
    return { type: "unknown", why: "without a sandbox the files before cannot be shown to it" };
  const began = performance.now();
  const { copyBefore } = await import("../store/before-copy.js");
  const { root, home, hidden } = options;
  const before = await copyBefore(changes, { place: { root, home }, hidden, signal: session.signal });
  if ("why" in before) return { type: "unknown", why: before.why };
  try {
    const rest = left - (performance.now() - began);
    return fromEnd(await runCommand({ command, left: rest, laid: before.laid }, session, options));
  } finally {
    before.remove();
  }
}

function fromEnd(end: CommandEnd): Baseline {
  if (end.type === "not run") return { type: "unknown", why: `on the files before, ${end.why}` };
  if (end.code === 0 || isEmpty(end)) return { type: "passed" };
  return { type: "failed", names: failuresIn(end.output) };
}

/** Whether a runner found no test at all. */
export function isEmpty({ code, output }: { code: number; output: string }): boolean {
  return (code === 5 && /no tests (ran|collected)|NO TESTS RAN/i.test(output)) || /^Could not find '/m.test(output);
}

// how the runners call what failed: node:test (tap, spec), pytest, unittest, cargo, go, vitest and jest
const NAMES = [
  /^\s*not ok \d+ - (.+?)(?: # .*)?$/gm,
  /^\s*✖ (.+?) \(\d[\d.]*ms\)$/gm,
  /^(?:FAILED|ERROR) (\S+(?:::\S+)?)/gm,
  /^(?:FAIL|ERROR): (.+)$/gm,
  /^test (.+) \.\.\. FAILED$/gm,
  /^\s*--- FAIL: (\S+)/gm,
  /^\s*(?:FAIL|×|●)\s+(.+?)(?:\s+\d+\s?ms)?$/gm,
];

/** The names of the failed tests in the output of a runner that is known. */
export function failuresIn(output: string): Set<string> {
  const names = NAMES.flatMap((pattern) => [...output.matchAll(pattern)].map((found) => found[1]?.trim() ?? ""));
  return new Set(names.filter((name) => name !== ""));
}
