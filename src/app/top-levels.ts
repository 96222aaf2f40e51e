import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { clip } from "../platform/text.js";

/** Names that are told, and levels of folders that are entered. */
const MOST = { names: 200, levels: 2 };
const PASSED_BY = new Set(["node_modules", "__pycache__", "venv", "dist", "build", "target", "coverage"]);

/** The files and folders at the top of a workspace, upper levels first, each on one line; hidden ones and what builds make are left out. */
export function topLevels(cwd: string): string[] {
  const names: string[] = [];
  let folders = [""];
  for (let level = 0; level < MOST.levels; level += 1) {
    const entries = folders.flatMap((folder) => within(cwd, folder));
    names.push(...entries.map(({ path, isFolder }) => plain(isFolder ? `${path}/` : path)));
    folders = entries.flatMap(({ path, isFolder }) => (isFolder ? [`${path}/`] : []));
  }
  const more = names.length - MOST.names;
  return more > 0 ? [...names.slice(0, MOST.names), `[${more} more]`] : names;
}

function within(cwd: string, folder: string): { path: string; isFolder: boolean }[] {
  return entriesOf(join(cwd, folder))
    .filter(({ name }) => !name.startsWith(".") && !PASSED_BY.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => ({ path: folder + entry.name, isFolder: entry.isDirectory() }));
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function plain(path: string): string {
  return clip(path.replace(/[\p{C}\u2028\u2029]/gu, "?"), 200);
}
