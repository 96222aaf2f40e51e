import {
  constants,
  copyFileSync,
  type Dirent,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { fileReason, makeFolder, statOf } from "../platform/files.js";
import type { Laid } from "../platform/sandbox.js";
import type { Place } from "./checkpoints.js";
import { bytesBefore, type Changed } from "./run-changes.js";

/** Of one copy: files, bytes, milliseconds. */
const MOST = { files: 5000, bytes: 128 * 1024 * 1024, ms: 5000 };
// what is installed, and the repository, are shown as they are; what builds and caches keep is left out
const INSTALLED = new Set([".git", "node_modules", ".venv", "venv", "vendor"]);
const LEFT_OUT = new Set([
  "__pycache__",
  "target",
  ".pytest_cache",
  ".mypy_cache",
  ".cache",
  ".turbo",
  ".tox",
  ".next",
]);

export type BeforeOptions = { place: Place; hidden: readonly string[]; signal: AbortSignal };

/** Folders to lay over the workspace in the sandbox so that a command finds it as it was; `why` there are none. */
export type Before = { laid: Laid[]; remove(): void } | { why: string };

/** Copies the workspace to a temporary folder, with what it held before the changes. Never throws. */
export async function copyBefore(changes: readonly Changed[], options: BeforeOptions): Promise<Before> {
  const { root } = options.place;
  let folder: string | undefined;
  const remove = () => folder !== undefined && rmSync(folder, { recursive: true, force: true });
  try {
    // of the temporary folders the one that every sandbox shows
    folder = mkdtempSync("/tmp/nanocoder-before-");
    const installed = await copy(folder, options);
    for (const change of changes) giveBack(change, join(folder, relative(root, change.path)), options.place);
    const made = folder;
    for (const path of installed) makeFolder(join(made, relative(root, path)), 0o755);
    return { laid: [{ path: root, by: made }, ...installed.map((path) => ({ path, by: path }))], remove };
  } catch (error) {
    remove();
    return { why: fileReason(error) };
  }
}

type Copying = BeforeOptions & { folder: string; left: { files: number; bytes: number } };

// gives the folders of what is installed, which are not copied
async function copy(folder: string, options: BeforeOptions): Promise<string[]> {
  const installed: string[] = [];
  const left = { files: MOST.files, bytes: MOST.bytes };
  const until = performance.now() + MOST.ms;
  const queue = [options.place.root];
  for (const from of queue) {
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      const kind = copyEntry(join(from, entry.name), entry, { ...options, folder, left });
      if (kind === "installed") installed.push(join(from, entry.name));
      else if (kind === "folder") queue.push(join(from, entry.name));
    }
    if (performance.now() > until || options.signal.aborted) throw new Error("there was no time to copy this folder");
    await breathe();
  }
  return installed;
}

function copyEntry(
  path: string,
  entry: Dirent,
  { place, hidden, folder, left }: Copying,
): "installed" | "folder" | undefined {
  const to = join(folder, relative(place.root, path));
  if (LEFT_OUT.has(entry.name) || path === place.home || hidden.includes(path)) return undefined;
  if (entry.isSymbolicLink()) symlinkSync(readlinkSync(path), to);
  else if (entry.isFile()) copyOne(path, to, left);
  if (!entry.isDirectory()) return undefined;
  if (INSTALLED.has(entry.name)) return "installed";
  mkdirSync(to);
  return "folder";
}

function copyOne(path: string, to: string, left: { files: number; bytes: number }): void {
  left.files -= 1;
  left.bytes -= statOf(path)?.size ?? 0;
  if (left.files < 0 || left.bytes < 0) throw new Error("this folder is too large to copy");
  copyFileSync(path, to, constants.COPYFILE_FICLONE);
}

function giveBack(change: Changed, to: string, place: Place): void {
  const kind = change.before?.kind;
  if (kind === "absent") rmSync(to, { force: true });
  if (kind === "absent" || kind === "link" || kind === "folder") return;
  const bytes = bytesBefore(change, place);
  if (bytes === undefined) throw new Error(`what ${relative(place.root, change.path)} was before is not kept`);
  if (!existsSync(dirname(to))) makeFolder(dirname(to), 0o755);
  writeFileSync(to, bytes);
}
