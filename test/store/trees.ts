import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** All that is in a folder, as one object: kind, mode, and bytes or target of each path. Links are not followed. */
export function tree(folder: string, under = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(folder, under)).sort()) {
    const path = join(under, name);
    found[path] = look(join(folder, path));
    if (found[path].startsWith("folder")) Object.assign(found, tree(folder, path));
  }
  return found;
}

function look(path: string): string {
  const stat = lstatSync(path);
  const mode = (stat.mode & 0o7777).toString(8);
  if (stat.isSymbolicLink()) return `link ${readlinkSync(path)}`;
  return stat.isDirectory() ? `folder ${mode}` : `file ${mode} ${readFileSync(path, "latin1")}`;
}
