import { writeFileSync } from "node:fs";
import { UsageError } from "../app/usage-error.js";
import { errorCode, fileReason } from "../platform/files.js";

/** Writes a file that only its user may read; false when there is one already. Throws in words when it cannot be written. */
export function writeNew(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw new UsageError(`${path} could not be written: ${fileReason(error)}.`);
  }
}
