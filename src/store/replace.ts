import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { errorCode, fileReason } from "../platform/files.js";
import type { Objects } from "./objects.js";
import { inPlace, isEntry, isFolder, isOwnFolder, look, modeAt, type PathState } from "./path-state.js";
import type { Step } from "./plan.js";

/**
 * Does all steps or none: new contents are laid beside first, then everything is moved into place, and when
 * one thing fails all is moved back. `confirm` is the last thing that may fail. Gives the folders that were
 * to go and stayed because something else is in them.
 */
export function replaceAll(steps: readonly Step[], objects: Objects, confirm: (kept: ReadonlySet<string>) => void) {
  const work = new Replacing(steps, objects);
  const kept = orBack(work, () => {
    work.stage();
    const stayed = work.commit();
    confirm(stayed);
    return stayed;
  });
  work.clean();
  work.closeFolders();
  return kept;
}

function orBack<T>(work: Replacing, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const stuck = work.rollBack();
    if (stuck.length === 0) work.clean();
    const rest = stuck.length === 0 ? "Everything is as it was." : `Not moved back: ${stuck.join("; ")}.`;
    throw new Error(`${sentenceOf(error)} ${rest}`);
  }
}

type FileState = Extract<PathState, { kind: "file" }>;

class Replacing {
  readonly #staged = new Map<string, string>();
  readonly #asides: string[] = [];
  /** How to take back what was done so far, the newest last. */
  readonly #inverse: (() => void)[] = [];
  readonly #vanishing: ReadonlySet<string>;
  readonly #name = `.nanocoder-undo-${randomBytes(6).toString("hex")}`;
  #count = 0;

  constructor(
    readonly steps: readonly Step[],
    readonly objects: Objects,
  ) {
    this.#vanishing = new Set(
      steps.filter(({ from, to }) => from.kind === "folder" && to.kind !== "folder").map(({ path }) => path),
    );
  }

  stage(): void {
    for (const { path, from, to } of sorted(this.steps)) {
      if (isFolder(from) && isFolder(to)) this.#chmod(path, from.mode | 0o700);
    }
    for (const { path, from, to } of this.steps) {
      if (to.kind === "link") this.#lay(path, (aside) => symlinkSync(to.to, aside));
      if (to.kind !== "file" || inPlace(path, { from, to })) continue;
      const content = this.objects.path(to.hash);
      this.#lay(path, (aside) => {
        copyFileSync(content, aside, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        if (from.kind === "file") keepOwner(path, aside);
        chmodSync(aside, to.mode);
      });
    }
  }

  commit(): ReadonlySet<string> {
    const [deepest, highest] = [sorted(this.steps).reverse(), sorted(this.steps)];
    for (const step of deepest) if (isEntry(step.from) && !isEntry(step.to)) this.#moveAside(step.path);
    const kept = new Set(
      deepest
        .filter((step) => isFolder(step.from) && !isFolder(step.to) && !this.#remove(step))
        .map(({ path }) => path),
    );
    for (const { path, from, to } of highest) if (isFolder(to) && !isFolder(from)) this.#makeFolder(path);
    for (const step of highest) this.#place(step);
    return kept;
  }

  /** Gives folders their modes: last, since one may forbid to remove what was laid aside in it. */
  closeFolders(): void {
    for (const { path, to } of sorted(this.steps).reverse()) if (isFolder(to)) this.#chmod(path, to.mode);
  }

  /** Gives what could not be moved back. */
  rollBack(): string[] {
    return this.#inverse.reverse().flatMap((step) => {
      try {
        step();
        return [];
      } catch (error) {
        return [sentenceOf(error)];
      }
    });
  }

  clean(): void {
    for (const path of [...this.#staged.values(), ...this.#asides]) rmSync(path, { force: true });
  }

  #place({ path, from, to }: Step): void {
    if (from.kind !== "file" || to.kind !== "file" || !inPlace(path, { from, to })) this.#exchange(path, from);
    else if (from.hash === to.hash) this.#chmod(path, to.mode);
    else {
      this.#inverse.push(() => this.#pour(path, from));
      this.#pour(path, to);
    }
  }

  #exchange(path: string, from: PathState): void {
    const staged = this.#staged.get(path);
    if (staged === undefined) return;
    if (from.kind === "link") this.#moveAside(path);
    else if (isEntry(from)) this.#copyAside(path);
    else this.#makeAbove(path);
    renameSync(staged, path);
    if (!isEntry(from)) this.#inverse.push(() => rmSync(path));
  }

  #pour(path: string, { hash, mode }: FileState): void {
    const content = this.objects.read(hash);
    chmodSync(path, mode | 0o200);
    const file = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_TRUNC);
    try {
      writeFileSync(file, content);
    } finally {
      closeSync(file);
    }
    chmodSync(path, mode);
  }

  #moveAside(path: string): void {
    const aside = this.#aside(path);
    renameSync(path, aside);
    this.#inverse.push(() => renameSync(aside, path));
  }

  // by a second name, so that the path is never without its file
  #copyAside(path: string): void {
    const aside = this.#aside(path);
    try {
      linkSync(path, aside);
    } catch {
      renameSync(path, aside);
    }
    this.#inverse.push(() => renameSync(aside, path));
  }

  #remove({ path, to }: Step): boolean {
    const mode = modeAt(path);
    if (readdirSync(path).length > 0) {
      if (to.kind === "absent") return false;
      throw new Error(`${path} must go, but holds what was not written by this work: move it away.`);
    }
    rmdirSync(path);
    this.#inverse.push(() => {
      mkdirSync(path);
      chmodSync(path, mode);
    });
    return true;
  }

  #makeFolder(path: string): void {
    this.#makeAbove(path);
    if (isOwnFolder(path)) return;
    mkdirSync(path, { mode: 0o700 });
    this.#inverse.push(() => rmdirSync(path));
  }

  // a folder that somebody else has removed since
  #makeAbove(path: string): void {
    const above = dirname(path);
    if (look(above) !== undefined) return;
    this.#makeAbove(above);
    mkdirSync(above);
    this.#inverse.push(() => rmdirSync(above));
  }

  #chmod(path: string, mode: number): void {
    const before = modeAt(path);
    if (before === mode) return;
    chmodSync(path, mode);
    this.#inverse.push(() => chmodSync(path, before));
  }

  #lay(path: string, write: (aside: string) => void): void {
    const aside = this.#free(path);
    this.#staged.set(path, aside);
    write(aside);
  }

  #aside(path: string): string {
    const aside = this.#free(path);
    this.#asides.push(aside);
    return aside;
  }

  // in the nearest folder that is there before and after
  #free(path: string): string {
    let folder = dirname(path);
    while (this.#vanishing.has(folder) || !isOwnFolder(folder)) folder = dirname(folder);
    this.#count += 1;
    return join(folder, `${this.#name}-${this.#count}`);
  }
}

function sorted(steps: readonly Step[]): Step[] {
  return [...steps].sort((a, b) => a.path.length - b.path.length);
}

// another owner than this process's can be kept by root alone
function keepOwner(path: string, aside: string): void {
  const stat = look(path);
  if (stat === undefined) return;
  try {
    chownSync(aside, Number(stat.uid), Number(stat.gid));
  } catch (error) {
    if (errorCode(error) !== "EPERM") throw error;
  }
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error && "path" in error)) return fileReason(error);
  return `${String(error.path)}: ${fileReason(error)}.`;
}
