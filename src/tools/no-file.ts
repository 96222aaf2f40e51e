import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { nearest } from "../platform/text.js";

/** What is said of a path where there is nothing. */
export function missing(target: string, path: string): string {
  const near = nearest(basename(target), names(dirname(target))).slice(0, 3);
  const hint = near.length > 0 ? ` Did you mean ${near.join(", ")}?` : " Look for it with glob.";
  return `${path} does not exist.${hint}`;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).slice(0, 5000);
  } catch {
    return [];
  }
}

/** What is said of a path where there is a folder. */
export function folder(target: string, path: string): string {
  const entries = readdirSync(target, { withFileTypes: true }).map(
    (entry) => entry.name + (entry.isDirectory() ? "/" : ""),
  );
  const shown = entries.sort().slice(0, 100).join("\n");
  const more = entries.length > 100 ? `\n[${entries.length - 100} more]` : "";
  return `${path} is a folder. It holds:\n${shown || "(nothing)"}${more}`;
}
