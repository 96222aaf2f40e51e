import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { draftGoal } from "../goals/draft.js";
import type { ProjectFound } from "../goals/found.js";
import { errorCode, fileReason, makeFolder, statOf } from "../platform/files.js";
import { filesUnder, shownPath } from "../platform/walk.js";
import { UsageError } from "./usage-error.js";

/** The files that say how a project is checked. */
const TELLING =
  "package.json tsconfig.json Makefile makefile GNUmakefile pyproject.toml setup.cfg tox.ini Cargo.toml go.mod AGENTS.md CLAUDE.md".split(
    " ",
  );
/** Packages of a workspace that are looked into, and bytes of one file. */
const PACKAGES = 50;
const MOST = 1_000_000;

/** What a draft is made from, with the texts of these files too; files that .gitignore leaves out are not seen. */
export async function lookAtProject(cwd: string, signal: AbortSignal, also = /^$/): Promise<ProjectFound> {
  const files = await filesUnder(cwd, { hidden: true, signal });
  const nested = files.filter((path) => /^(?:[^/]+\/){1,3}package\.json$/.test(path)).slice(0, PACKAGES);
  const told = files.filter((path) => TELLING.includes(path) || also.test(path));
  const names = [...told, ...nested.filter((path) => !told.includes(path))];
  const texts = names.flatMap((name) => {
    const text = textOf(join(cwd, name));
    return text === undefined ? [] : [[name, text] as const];
  });
  return { texts: Object.fromEntries(texts), files };
}

/** Drafts a goal.yaml for a project and writes it; never over a file that is there. Gives its path and text. */
export async function initGoal(
  { cwd, file = "goal.yaml", goal }: { cwd: string; file?: string; goal?: string },
  signal: AbortSignal,
): Promise<{ path: string; text: string }> {
  const path = resolve(cwd, file);
  const text = draftGoal(await lookAtProject(cwd, signal), goal);
  const shown = shownPath(cwd, path);
  try {
    makeFolder(dirname(path), 0o777);
  } catch (error) {
    throw new UsageError(`${dirname(shown)} cannot be made: ${fileReason(error)}.`);
  }
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    if (errorCode(error) === "EEXIST")
      throw new UsageError(`${shown} is there already: edit it, or name another file.`);
    throw new UsageError(`${shown} cannot be written: ${fileReason(error)}.`);
  }
  return { path, text };
}

// what cannot be read says nothing
function textOf(path: string): string | undefined {
  try {
    const stat = statOf(path);
    return stat?.isFile() && stat.size <= MOST ? readFileSync(path, "utf8").replace(/^\ufeff/, "") : undefined;
  } catch {
    return undefined;
  }
}
