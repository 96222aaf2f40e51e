import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../platform/files.js";

/** Files up to this size pass through memory once; larger ones are cloned where the file system can. */
const SMALL = 1024 * 1024;
const PIECE = 256 * 1024;
// a link or a pipe that has taken the file's place since it was looked at is not followed and does not block
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Contents by their SHA-256, each stored once, readable by the user alone. */
export class Objects {
  #known: Set<string> | undefined;
  #made = false;

  constructor(readonly folder: string) {}

  /** Stores the content of a file and gives its hash. */
  keep(path: string, size: number): string {
    return size <= SMALL ? this.put(contentOf(path)) : this.#clone(path);
  }

  put(content: Buffer): string {
    const hash = createHash("sha256").update(content).digest("hex");
    if (!this.has(hash)) this.#take(hash, (path) => writeFileSync(path, content, { flag: "wx", mode: 0o600 }));
    return hash;
  }

  has(hash: string): boolean {
    this.#known ??= this.#names();
    return this.#known.has(hash);
  }

  /** Where a stored content lies; throws when it is gone or no longer what it was. */
  path(hash: string): string {
    const path = join(this.folder, hash);
    if (!existsSync(path)) throw new Error(`The kept content ${path} is gone. Nothing was changed.`);
    if (digest(path) !== hash) throw new Error(`The kept content ${path} is damaged. Nothing was changed.`);
    return path;
  }

  read(hash: string): Buffer {
    return readFileSync(this.path(hash));
  }

  #clone(path: string): string {
    const aside = this.#aside();
    try {
      copyFileSync(path, aside, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      chmodSync(aside, 0o600);
      const hash = digest(aside);
      if (!this.has(hash)) this.#take(hash, (target) => renameSync(aside, target));
      return hash;
    } finally {
      rmSync(aside, { force: true });
    }
  }

  #take(hash: string, write: (path: string) => void): void {
    const aside = this.#aside();
    try {
      write(aside);
      renameSync(aside, join(this.folder, hash));
    } catch (error) {
      rmSync(aside, { force: true });
      throw error;
    }
    this.#known?.add(hash);
  }

  #aside(): string {
    if (!this.#made) makeFolder(this.folder, 0o700);
    this.#made = true;
    return join(this.folder, `.${randomBytes(8).toString("hex")}`);
  }

  #names(): Set<string> {
    try {
      return new Set(readdirSync(this.folder));
    } catch {
      return new Set();
    }
  }
}

function contentOf(path: string): Buffer {
  const file = openSync(path, READ);
  try {
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** The hash of a file's content, read piece by piece. */
export function digest(path: string): string {
  const file = openSync(path, READ);
  try {
    const hash = createHash("sha256");
    // no more than the file needs: there are many small ones
    const piece = Buffer.allocUnsafe(Math.min(fstatSync(file).size + 1, PIECE));
    for (let size = readSync(file, piece); size > 0; size = readSync(file, piece)) hash.update(piece.subarray(0, size));
    return hash.digest("hex");
  } finally {
    closeSync(file);
  }
}
