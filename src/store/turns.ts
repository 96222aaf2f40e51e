import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "../platform/files.js";
import { takeLock } from "./lock.js";

/** How long another process may hold a file, in milliseconds. */
const PATIENCE = 5000;

/** Waits until no other process writes `what`, and gives what ends the turn. Throws when it takes long. */
export async function turnAt(lock: string, what: string): Promise<() => void> {
  for (const until = Date.now() + PATIENCE; ; ) {
    try {
      return takeLock(lock);
    } catch (error) {
      if (errorCode(error) !== undefined) throw error;
      if (Date.now() > until)
        throw new Error(`Another nanocoder has been writing ${what} for long (${lock}): try again.`);
    }
    await sleep(2 + Math.random() * 10);
  }
}
