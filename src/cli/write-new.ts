import { writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UsageError } from "../app/usage-error.js";
import { errorCode, fileReason } from "../platform/files.js";

/** Writes a file that only its user may read; false when there is one already. Throws in words when it cannot be written. */
export function writeNew(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    const why = errorCode(error) === "ENOENT" ? `there is no folder ${dirname(resolve(path))}` : fileReason(error);
    throw new UsageError(`${path} could not be written: ${why}.`);
  }
}
