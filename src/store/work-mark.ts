import { createHash, type Hash, randomUUID } from "node:crypto";
import { readlinkSync } from "node:fs";
import { join } from "node:path";
import { gitFolder } from "../platform/git.js";
import { runGit } from "../platform/run-git.js";
import { NEVER_ENTERED } from "./listing.js";
import { below } from "./matching.js";
import { digest } from "./objects.js";
import { look, modeOf, stampOf } from "./path-state.js";
import { isBuilt } from "./result-files.js";

/** Milliseconds to look at files, and for git; files; bytes of a file whose content is read. */
const MOST = { look: 300, git: 2000, files: 50_000, bytes: 8 * 1024 * 1024, output: 16 * 1024 * 1024 };
/** A file written within this many milliseconds may be written again without a change of its stamp. */
const TICK = 100;

/** Contents that were read before, by path: what has the same stamp is not read again. Kept by the caller. */
export type Seen = Map<string, { stamp: string; hash: string }>;

export type MarkOptions = {
  /** The workspace, links resolved. */
  root: string;
  env: Readonly<Record<string, string | undefined>>;
  seen: Seen;
};

/**
 * A mark of the work as it stands: equal marks are equal work. From the commit and all that differs from it, or,
 * outside of a repository, from all files; builds and caches do not count. When there is too much to look at,
 * the mark equals no other.
 */
export async function workMark(options: MarkOptions): Promise<string> {
  const hash = createHash("sha256");
  const found = gitFolder(options.root) === undefined ? undefined : await fromGit(options, hash);
  const paths = found ?? all(options);
  const until = performance.now() + MOST.look;
  let count = 0;
  for (const path of paths) {
    count += 1;
    if (count > MOST.files || performance.now() > until) return `partial:${randomUUID()}`;
    hash.update(`${path}\0${stateOf(path, options)}\0`);
  }
  return `${found ? "git" : "files"}:${hash.digest("hex")}`;
}

// what git calls changed or new; undefined when it cannot tell
async function fromGit({ root, env }: MarkOptions, hash: Hash): Promise<string[] | undefined> {
  const args = ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--no-renames", "."];
  const asked = runGit({ args, cwd: root, env, timeout: MOST.git, most: MOST.output });
  const [end, prefix] = await Promise.all([asked.catch(() => undefined), prefixOf({ root, env })]);
  if (end?.code !== 0 || prefix === undefined) return undefined;
  const lines = end.output.toString("utf8").split("\0");
  hash.update(lines.find((line) => line.startsWith("# branch.oid ")) ?? "");
  const paths = lines.flatMap((line) => {
    const path = /^(?:1 (?:\S+ ){7}|u (?:\S+ ){9}|\? )([\s\S]+)$/.exec(line)?.[1];
    return path?.startsWith(prefix) && !(line.startsWith("?") && isBuilt(path)) ? [path.slice(prefix.length)] : [];
  });
  return paths.sort();
}

// status tells paths from the top of the repository
async function prefixOf({ root, env }: Pick<MarkOptions, "root" | "env">): Promise<string | undefined> {
  if (look(join(root, ".git")) !== undefined) return "";
  const asked = runGit({ args: ["rev-parse", "--show-prefix"], cwd: root, env, timeout: MOST.git, most: 4096 });
  const end = await asked.catch(() => undefined);
  return end?.code === 0 ? end.output.toString("utf8").replace(/\n$/, "") : undefined;
}

function* all({ root }: MarkOptions): Generator<string> {
  for (const { path, entry } of below(root, { bases: [""], skip: NEVER_ENTERED })) if (!entry.isDirectory()) yield path;
}

function stateOf(path: string, { root, seen }: MarkOptions): string {
  const full = join(root, path);
  const stat = look(full);
  if (stat === undefined) return "absent";
  if (stat.isSymbolicLink()) return `link ${readlinkSync(full)}`;
  if (!stat.isFile()) return "other";
  const [stamp, mode] = [stampOf(stat), modeOf(stat).toString(8)];
  if (stat.size > MOST.bytes) return `${mode} ${stamp}`;
  const known = seen.get(path);
  if (known?.stamp === stamp) return `${mode} ${known.hash}`;
  const hash = contentOf(full) ?? stamp;
  if (Number(stat.ctimeNs / 1_000_000n) < Date.now() - TICK) seen.set(path, { stamp, hash });
  return `${mode} ${hash}`;
}

// one that may not be read is known by its stamp
function contentOf(path: string): string | undefined {
  try {
    return digest(path);
  } catch {
    return undefined;
  }
}
