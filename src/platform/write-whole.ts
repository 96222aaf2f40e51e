import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { anchor } from "./anchored.js";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

let count = 0;

/**
 * Replaces a file's content so that a crash leaves the old or the new; mode and owner stay, `mode` is of a new
 * file; missing folders are made. The path is a real one: a link on the way is refused. A file that may not be written is not replaced.
 */
export async function writeWhole(path: string, content: Buffer, mode = 0o666): Promise<void> {
  const folder = anchor(dirname(path), 0o777);
  const [target, fresh] = [
    folder.path(basename(path)),
    folder.path(`.${basename(path)}.${process.pid}.${(count += 1)}.new`),
  ];
  try {
    const before = lstatSync(target, { throwIfNoEntry: false });
    if (before?.isSymbolicLink()) throw new Error(`${path} became a link since it was looked at. Nothing was written.`);
    // what may not be written in place may not be replaced either
    if (before) closeSync(openSync(target, O_WRONLY | O_NOFOLLOW));
    const fd = openSync(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, before ? 0o600 : mode);
    try {
      for (let at = 0; at < content.length; ) at += writeSync(fd, content, at);
      if (before) fchmodSync(fd, before.mode & 0o7777);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (before) keepOwner(fresh, before);
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    folder.close();
  }
}

function keepOwner(path: string, { uid, gid, mode }: { uid: number; gid: number; mode: number }): void {
  const mine = lstatSync(path);
  if (mine.uid === uid && mine.gid === gid) return;
  try {
    chownSync(path, uid, gid);
    chmodSync(path, mode & 0o7777);
  } catch {
    // only root may give files away
  }
}
