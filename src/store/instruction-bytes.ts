import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, resolve, sep } from "node:path";
import { anchor } from "../platform/anchored.js";
import { errorCode, fileReason } from "../platform/files.js";
import { isSecret } from "../shell/secrets.js";

/** From where instructions may be read: below these folders, and for the user's own file anything but secrets. */
export type Reach = { folders: readonly string[]; userHome: string; whose: "user" | "project" };

/** The beginning of a file, up to the end of a line where it goes on; `size` is all of it, in bytes. */
export type Beginning = { real: string; bytes: Buffer; size: number };

/** Why a file is not read, in words that follow its name; `missing`: there is nothing. */
export class Unreadable extends Error {
  readonly missing: boolean;

  constructor(message: string, { missing = false } = {}) {
    super(message);
    this.missing = missing;
  }
}

/**
 * Reads the beginning of a regular file, wherever links lead, as long as that lies within reach and does not look like
 * a secret. Never waits for a pipe or a device. Throws Unreadable.
 */
export function readBeginning(path: string, reach: Reach, most: number): Beginning {
  try {
    const real = realpathSync(path);
    refuse(real, path, reach);
    return { real, ...begin(real, most) };
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    if (errorCode(error) === "ENOENT") throw new Unreadable("it leads to nothing", { missing: true });
    throw new Unreadable(`it cannot be read: ${fileReason(error)}`);
  }
}

function refuse(real: string, path: string, { folders, userHome, whose }: Reach): void {
  if (!folders.some((folder) => real.startsWith(folder === sep ? sep : folder + sep)))
    throw new Unreadable(`it lies outside of ${whose === "user" ? "the folder of your own file" : "the repository"}`);
  // nanocoder's own folder counts as secret, but the user's instructions lie in it
  const home = whose === "user" ? "" : userHome;
  const secret = [real, resolve(path)].some((each) => isSecret(each, { home }) || each.split(sep).includes(".git"));
  if (secret) throw new Unreadable("its name is that of a secret");
}

function begin(real: string, most: number): { bytes: Buffer; size: number } {
  const file = openNow(real);
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw new Unreadable("it is a folder");
    if (!stat.isFile()) throw new Unreadable("it is not a regular file");
    const bytes = Buffer.alloc(Math.min(stat.size, most));
    const read = readSync(file, bytes, 0, bytes.length, 0);
    return { bytes: wholeLines(bytes.subarray(0, read), stat.size), size: stat.size };
  } finally {
    closeSync(file);
  }
}

/** Opens a file by its real path to read it: no link on the way is followed, and a pipe in its place not waited for. */
export function openNow(real: string): number {
  const folder = anchor(dirname(real));
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    return openSync(folder.path(basename(real)), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } finally {
    folder.close();
  }
}

// a cut never falls into a character: it is at the end of a near line, else before a byte that goes on
function wholeLines(bytes: Buffer, size: number): Buffer {
  if (bytes.length === size) return bytes;
  if (/^(\xff\xfe|\xfe\xff)/.test(bytes.toString("latin1", 0, 2))) return bytes.subarray(0, bytes.length & ~1);
  const line = bytes.lastIndexOf(0x0a);
  if (line > bytes.length / 2) return bytes.subarray(0, line + 1);
  let end = bytes.length - 1;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

/** Changes whenever the file at a path does. */
export function fileStamp(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${ino}:${size}:${mtimeMs}:${ctimeMs}`;
  } catch {
    return "none";
  }
}
