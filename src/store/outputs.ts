import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../platform/files.js";

/**
 * Keeps texts of a session in a folder, without secrets, for its user alone. Gives the path, or undefined
 * when it could not be written: the work goes on without it.
 */
export function outputsIn(
  folder: string,
  redact: (text: string) => string,
): (name: string, text: string) => string | undefined {
  return (name, text) => {
    const path = join(folder, `${fileName(name)}.txt`);
    try {
      makeFolder(folder, 0o700);
      writeFileSync(path, redact(text), { mode: 0o600 });
      return path;
    } catch {
      return undefined;
    }
  };
}

// ids of calls come from a provider
function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 120) || "unnamed";
}
