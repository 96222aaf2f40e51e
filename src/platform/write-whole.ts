import { randomUUID } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { errorCode, statOf } from "./files.js";

/** Another process wrote, made or removed the file since it was loaded; nothing was written. */
export class Overtaken extends Error {}

/**
 * Replaces a file's content so that a crash or a full disk leaves the old or the new; mode and owner stay.
 * `before` is the file as it was loaded, undefined for none: throws `Overtaken` when that is not what stands there.
 * A file with further names, or of another owner, is written in place. Links must be resolved before.
 */
export function writeWhole(path: string, pieces: readonly Buffer[], before: Stats | undefined): void {
  if (before !== undefined && mustStay(before)) writeInPlace(path, pieces, before);
  else replace(path, pieces, before);
}

function replace(path: string, pieces: readonly Buffer[], before: Stats | undefined): void {
  const temporary = join(dirname(path), `.nanocoder-${randomUUID()}.tmp`);
  try {
    fill(temporary, pieces, before);
    refuseOvertaken(path, before);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

// the same content, as far as the date tells
function isSame(one: Stats | undefined, other: Stats | undefined): boolean {
  return one?.ino === other?.ino && one?.size === other?.size && one?.mtimeMs === other?.mtimeMs;
}

function mustStay({ nlink, uid }: Stats): boolean {
  const me = process.geteuid?.() ?? uid;
  return nlink > 1 || (uid !== me && me !== 0);
}

function refuseOvertaken(path: string, before: Stats | undefined): void {
  if (!isSame(statOf(path), before)) throw new Overtaken(`${path} was changed by another process.`);
}

function fill(temporary: string, pieces: readonly Buffer[], before: Stats | undefined): void {
  const file = openSync(temporary, "wx", before === undefined ? 0o666 : before.mode & 0o777);
  try {
    writeAll(file, pieces);
    if (before !== undefined) dress(file, before);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

// one write may take less than it was given, and say so by its count only
function writeAll(file: number, pieces: readonly Buffer[]): number {
  let at = 0;
  for (const piece of pieces) {
    for (let done = 0; done < piece.length; ) {
      const count = writeSync(file, piece, done, piece.length - done, at);
      done += count;
      at += count;
    }
  }
  return at;
}

// the owner first: changing it takes the set-id bits away
function dress(file: number, { uid, gid, mode }: Stats): void {
  try {
    fchownSync(file, uid, gid);
  } catch (error) {
    if (errorCode(error) !== "EPERM") throw error;
  }
  fchmodSync(file, mode & 0o7777);
}

function writeInPlace(path: string, pieces: readonly Buffer[], before: Stats): void {
  const file = openSync(path, "r+");
  try {
    const old = readFileSync(file);
    refuseOvertaken(path, before);
    try {
      ftruncateSync(file, writeAll(file, pieces));
    } catch (error) {
      ftruncateSync(file, writeAll(file, [old]));
      throw error;
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
