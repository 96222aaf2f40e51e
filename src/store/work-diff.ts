import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { gitFolder } from "../platform/git.js";
import { type GitEnd, runGit } from "../platform/run-git.js";
import { look } from "./path-state.js";
import { isBuilt, namesIn } from "./result-files.js";

type Env = Readonly<Record<string, string | undefined>>;

/** A unified diff of files, some of them left out where it is too long; `files` are all that differ. */
export type WorkDiff = { text: string; files: string[]; added: number; removed: number };

export type DiffOptions = {
  root: string;
  env: Env;
  /** The commit that work began on, from `startCommit`. */
  since: string;
  /** Characters of `text`. */
  most: number;
};

/** Milliseconds and bytes of git's answers, bytes of a new file that are shown. */
const MOST = { time: 10_000, bytes: 32 * 1024 * 1024, file: 200_000 };

/** The commit that a repository stands on, or the empty tree before the first; undefined outside of a repository. */
export async function startCommit(root: string, env: Env): Promise<string | undefined> {
  if (gitFolder(root) === undefined) return undefined;
  const ask = (...args: string[]) =>
    runGit({ args, cwd: root, env, timeout: MOST.time, most: 4096 }).catch(() => undefined);
  const head = await ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}");
  const end = head?.code === 0 ? head : await ask("hash-object", "-t", "tree", "/dev/null");
  return end?.code === 0 ? end.output.toString("utf8").trim() : undefined;
}

/**
 * The work since a commit, new files included, builds and caches not; what was not committed before work began
 * counts as work too. Undefined outside of a repository, or when git cannot tell.
 */
export async function workDiff({ root, env, since, most }: DiffOptions): Promise<WorkDiff | undefined> {
  if (gitFolder(root) === undefined) return undefined;
  const ask = (...args: string[]) =>
    runGit({ args, cwd: root, env, timeout: MOST.time, most: MOST.bytes }).catch(() => undefined);
  const quiet = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--relative", "--src-prefix=a/"];
  const [shown, names, untracked] = await Promise.all([
    ask("diff", ...quiet, "--dst-prefix=b/", "-U3", since, "--", "."),
    ask("diff", ...quiet, "--name-only", "-z", since, "--", "."),
    ask("ls-files", "-z", "--others", "--exclude-standard"),
  ]);
  if (!shown || (!shown.cut && shown.code !== 0) || names?.code !== 0 || untracked?.code !== 0) return undefined;
  const fresh = namesIn(untracked).filter((path) => !isBuilt(path));
  const pieces = [...piecesOf(shown), ...fresh.map((path) => newFile(root, path))];
  const lines = pieces.flatMap((piece) => piece.split("\n").slice(1));
  const count = (sign: RegExp) => lines.filter((line) => sign.test(line)).length;
  const files = [...namesIn(names), ...fresh];
  return { text: bounded(pieces, most), files, added: count(/^\+(?!\+\+ )/), removed: count(/^-(?!-- )/) };
}

function piecesOf({ output, cut }: GitEnd): string[] {
  const text = output.toString("utf8").toWellFormed();
  const pieces = text.split(/^(?=diff --git )/m).filter((piece) => piece !== "");
  return cut
    ? [...pieces.slice(0, -1), `${pieces.at(-1) ?? ""}\n[… the diff goes on; it is too long to be shown …]\n`]
    : pieces;
}

// as git shows a new file
function newFile(root: string, path: string): string {
  const stat = look(join(root, path));
  const head = `diff --git a/${path} b/${path}\nnew file\n`;
  if (stat === undefined || !stat.isFile()) return `${head}[a link, or no regular file]\n`;
  const text = beginning(join(root, path));
  if (text === undefined || text.includes("\0")) return `${head}Binary file b/${path}, ${stat.size} bytes\n`;
  const lines = text.replace(/\n$/, "").split("\n");
  const rest = stat.size > MOST.file ? `\n[… ${Number(stat.size) - MOST.file} bytes more …]` : "";
  const shown =
    text === "" ? "" : `@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}`).join("\n")}${rest}\n`;
  return `${head}--- /dev/null\n+++ b/${path}\n${shown}`;
}

function beginning(path: string): string | undefined {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(MOST.file);
      return bytes.toString("utf8", 0, readSync(file, bytes)).toWellFormed();
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

// whole files while they fit; the first that does not is cut when there is nothing else
function bounded(pieces: readonly string[], most: number): string {
  const shown: string[] = [];
  const left: string[] = [];
  let room = most;
  for (const piece of pieces) {
    const fits = piece.length <= room;
    if (fits) shown.push(piece);
    else left.push(/^diff --git a\/(.*?) b\//.exec(piece)?.[1] ?? "a file");
    if (fits) room -= piece.length;
  }
  if (left.length === 0) return shown.join("");
  const first = pieces[0];
  if (shown.length === 0 && first !== undefined) shown.push(`${first.slice(0, most).toWellFormed()}\n`);
  const names = left.slice(0, 10).join(", ") + (left.length > 10 ? ` and ${left.length - 10} more` : "");
  return `${shown.join("")}[… too long: left out or cut are ${names} …]\n`;
}
