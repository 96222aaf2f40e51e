import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileReason, makeFolder, statOf } from "../platform/files.js";
import { writePrivate } from "../platform/write-whole.js";
import { ASSIGNMENT } from "./own-env.js";
import { readSettings, type Settings } from "./settings.js";
import { UsageError } from "./usage-error.js";

/** Changes the user's own settings.json, never a project's; what is not touched stays. Throws when it does not parse. */
export function changeSettings(home: string, change: (settings: Settings) => Settings): void {
  const path = join(home, "settings.json");
  const settings = readSettings(path)?.settings ?? {};
  makeFolder(home, 0o700);
  writePrivate(path, `${JSON.stringify(change(settings), null, 2)}\n`);
}

/** Sets a variable in the user's own .env, mode 0600: its line is replaced or added, every other byte stays. */
export function keepVariable(home: string, name: string, value: string): void {
  const path = join(home, ".env");
  // one character a byte: whatever stands there is written back
  const lines = slurp(path).split(/(?<=\n)/);
  const line = `${name}=${/^[\w.:/+@-]*$/.test(value) ? value : `'${value}'`}`;
  const at = lines.findLastIndex((each) => nameIn(each) === name);
  const kept = lines.flatMap((each, n) => {
    if (n === at) return [line + (/\r?\n$/.exec(each)?.[0] ?? "\n")];
    return nameIn(each) === name ? [] : [each];
  });
  if (at < 0) kept.push(/[^\n]$/.test(kept.at(-1) ?? "") ? `\n${line}\n` : `${line}\n`);
  makeFolder(home, 0o700);
  writePrivate(path, Buffer.from(kept.join(""), "latin1"));
}

function nameIn(line: string): string | undefined {
  return ASSIGNMENT.exec(line.trimEnd())?.[1];
}

function slurp(path: string): string {
  try {
    return statOf(path) === undefined ? "" : readFileSync(path, "latin1");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${fileReason(error)}.`);
  }
}
