import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { anchor } from "./anchored.js";
import { errorCode } from "./files.js";

/** Another process wrote, made or removed the file since it was loaded; nothing was written. */
export class Overtaken extends Error {}

/**
 * Replaces a file's content so that a crash or a full disk leaves the old or the new; mode and owner stay, missing
 * folders are made. `before` is the file as it was loaded, undefined for none: throws `Overtaken` when that is not
 * what stands there. A file with further names, or of another owner, is written in place. The path is a real one:
 * a link on the way, also one that was put there a moment ago, is refused.
 */
export function writeWhole(path: string, pieces: readonly Buffer[], before: Stats | undefined): void {
  within(path, (target) => {
    if (before !== undefined && mustStay(before)) writeInPlace(target, pieces, before);
    else replace(target, pieces, { before, mode: before === undefined ? 0o666 : before.mode & 0o7777 });
  });
}

/** Writes a file of ours that only its user may read, whoever could before. */
export function writePrivate(path: string, content: string | Buffer): void {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  within(path, (target) => replace(target, [bytes], { before: look(target), mode: 0o600 }));
}

function within(path: string, write: (target: string) => void): void {
  const folder = anchor(dirname(path), 0o777);
  try {
    write(folder.path(basename(path)));
  } finally {
    folder.close();
  }
}

type Content = { before: Stats | undefined; mode: number };

function replace(path: string, pieces: readonly Buffer[], content: Content): void {
  const temporary = join(dirname(path), `.nanocoder-${randomUUID()}.tmp`);
  try {
    fill(temporary, pieces, content);
    refuseOvertaken(path, content.before);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
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
  if (!isSame(look(path), before)) throw new Overtaken(`${basename(path)} was changed by another process.`);
}

function fill(temporary: string, pieces: readonly Buffer[], { before, mode }: Content): void {
  const file = openSync(temporary, "wx", mode & 0o777);
  try {
    writeAll(file, pieces);
    if (before !== undefined) dress(file, before, mode);
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
function dress(file: number, { uid, gid }: Stats, mode: number): void {
  try {
    fchownSync(file, uid, gid);
  } catch (error) {
    if (errorCode(error) !== "EPERM") throw error;
  }
  fchmodSync(file, mode);
}

function writeInPlace(path: string, pieces: readonly Buffer[], before: Stats): void {
  const file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
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
