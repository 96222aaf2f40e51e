import { closeSync, constants, mkdirSync, openSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorCode, makeFolder } from "./files.js";

/** A folder that is held open: paths made from it stay in it, whatever becomes of the names above it. */
export type Anchor = { path(name: string): string; close(): void };

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/**
 * Opens a folder by its real path, step by step, and follows no link on the way: a folder that was swapped
 * for a link since the path was resolved is refused. What is missing is made when `mode` is given. Without /proc
 * the real path is compared instead.
 */
export function anchor(folder: string, mode?: number): Anchor {
  if (process.platform !== "linux") return compared(folder, mode);
  let fd = openSync("/", O_RDONLY | O_DIRECTORY);
  try {
    for (const name of folder.split("/").filter((part) => part !== "")) {
      const next = step(`/proc/self/fd/${fd}/${name}`, mode);
      closeSync(fd);
      fd = next;
    }
  } catch (error) {
    closeSync(fd);
    // a file in the middle of the path is told by its own reason
    if (
      errorCode(error) === "ELOOP" ||
      (errorCode(error) === "ENOTDIR" && attemptReal(folder) !== folder && attemptReal(folder) !== undefined)
    )
      throw new Error(
        `${folder} is no longer what it was when it was looked at: a part of it became a link. Nothing was done.`,
      );
    throw error;
  }
  return { path: (name) => `/proc/self/fd/${fd}/${name}`, close: () => closeSync(fd) };
}

function step(path: string, mode: number | undefined): number {
  const open = () => openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    return open();
  } catch (error) {
    if (mode === undefined || errorCode(error) !== "ENOENT") throw error;
    mkdirSync(path, { mode });
    return open();
  }
}

function compared(folder: string, mode: number | undefined): Anchor {
  if (mode !== undefined) makeFolder(folder, mode);
  if (realpathSync(folder) !== folder) throw new Error(`${folder} leads elsewhere now. Nothing was done.`);
  return { path: (name) => join(folder, name), close: () => undefined };
}

function attemptReal(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Opens a file by its real path for reading, following no link; the caller closes it. */
export function openReal(path: string): number {
  const folder = anchor(dirname(path));
  try {
    return openSync(folder.path(basename(path)), O_RDONLY | O_NOFOLLOW);
  } finally {
    folder.close();
  }
}
