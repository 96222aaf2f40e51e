import { join } from "node:path";
import type { Session } from "../core/session.js";
import { statOf } from "../platform/files.js";
import { filesUnder } from "../platform/walk.js";
import { type Changed, textNow } from "../store/run-changes.js";
import { type Baseline, baselineOf, blamed, isEmpty } from "./verify-baseline.js";
import { runCommand } from "./verify-command.js";
import { leave, leaveOfOwn } from "./verify-leave.js";
import { lintOf, type Made, type Project, testsNear } from "./verify-nearest.js";
import type { Found, Pending, VerifyOptions } from "./verify-options.js";

/** How long files are looked for, in milliseconds. */
const LOOK = 3000;

type With = { options: VerifyOptions; baselines: Map<string, Baseline>; of: string };
type Case = With & { changes: readonly Changed[]; session: Session };

/** The commands to check changes by: the user's own, else the nearest tests and the linter that are found. */
export async function commandsFor(changes: readonly Changed[], session: Session, given: With): Promise<Pending[]> {
  const { options } = given;
  const { commands, lint, tests } = options;
  const own = commands.length > 0;
  if (!own && !lint && !tests) return [];
  const made: Made[] = own
    ? commands.map((command) => ({ check: command, command }))
    : await found(changes, session, options);
  return made.map((each) => ({
    check: each.check,
    run: (left) => checkOf(each, left, { ...given, changes, session }),
  }));
}

async function found(changes: readonly Changed[], session: Session, options: VerifyOptions): Promise<Made[]> {
  const { root, lint, tests } = options;
  const shown = changes.map(({ path }) => path.slice(root.length + 1)).filter((path) => SOURCE.test(path));
  if (shown.length === 0) return [];
  const project = await projectIn(root, changes, session.signal);
  if (project === undefined) return [{ check: "tests", why: "this folder has too many files to look for them" }];
  const there = new Set(changes.filter(({ gone }) => !gone).map(({ path }) => path.slice(root.length + 1)));
  const linters = lint
    ? lintOf(
        shown.filter((path) => there.has(path)),
        project,
      )
    : [];
  return [...linters, ...(tests ? testsNear(shown, project) : [])];
}

const SOURCE = /\.([cm]?[jt]sx?|py|go|rs)$/;

async function projectIn(root: string, changes: readonly Changed[], signal: AbortSignal): Promise<Project | undefined> {
  const made = new Set(changes.filter(({ before }) => before?.kind === "absent").map(({ path }) => path));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LOOK)]);
  const files = await filesUnder(root, { hidden: false, signal: limit }).catch(() => undefined);
  if (files === undefined || limit.aborted) return undefined;
  return {
    files,
    read: (path) => textNow(join(root, path)),
    has: (path) => statOf(join(root, path)) !== undefined,
    isNew: (path) => made.has(join(root, path)),
  };
}

async function checkOf(made: Made, left: number, given: Case): Promise<Found> {
  const { check } = made;
  if ("why" in made) return { check, status: "not checked", why: made.why };
  const { options, session } = given;
  const { command, fresh } = made;
  const why = await (options.commands.length > 0 ? leaveOfOwn : leave)(command, session, options);
  if (why !== undefined) return { check, status: "not checked", why };
  const began = performance.now();
  const end = await runCommand({ command, left }, session, options);
  if (end.type === "not run") return { check, status: "not checked", why: end.why };
  if (isEmpty(end)) return { check, status: "not checked", why: "it found no tests" };
  if (end.code === 0) return { check, status: "passed", exit_code: 0 };
  if (fresh) return blamed(check, { command, ...end }, { type: "passed" });
  return blamed(check, { command, ...end }, await before(command, left - (performance.now() - began), given));
}

async function before(
  command: string,
  left: number,
  { changes, session, options, baselines, of }: Case,
): Promise<Baseline> {
  const known = baselines.get(of + command);
  if (known) return known;
  const baseline = await baselineOf({ command, changes, left }, session, options);
  if (baseline.type !== "unknown") baselines.set(of + command, baseline);
  return baseline;
}
