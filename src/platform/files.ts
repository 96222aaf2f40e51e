import { accessSync, constants, lstatSync, mkdirSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";

/**
 * Where a path really leads: absolute, with every link on the way followed, also when the end of it does not
 * exist yet. `~` is not a folder here: it throws.
 */
export function realTarget(cwd: string, path: string): string {
  if (path === "") throw new Error("The path is empty.");
  if (path.includes("\0")) throw new Error("The path holds a NUL character.");
  if (path === "~" || path.startsWith("~/"))
    throw new Error(`"${path}": ~ is not expanded here; give an absolute path or one relative to ${cwd}.`);
  return follow(resolve(cwd, path), 0);
}

// as the kernel goes: `..` leads out of where a link leads, also one that stands in another link
function follow(path: string, links: number): string {
  if (links > 40) throw new Error(`${path}: too many links.`);
  const real = attempt(() => realpathSync.native(path));
  if (real !== undefined) return real;
  const [, above = "", name = ""] = /^(.*?)\/*([^/]*)\/*$/s.exec(path) ?? [];
  if (name === "") return "/";
  const folder = follow(above || "/", links);
  if (name === "." || name === "..") return name === "." ? folder : dirname(folder);
  const here = join(folder, name);
  const link = attempt(() => (lstatSync(here).isSymbolicLink() ? readlinkSync(here) : undefined));
  return link === undefined ? here : follow(isAbsolute(link) ? link : `${folder}/${link}`, links + 1);
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** What a path is; undefined when there is nothing, also because a part of it is a file. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new Error(`${path} cannot be looked at: ${fileReason(error)}.`);
  }
}

/** The code of a failed file operation, such as ENOENT. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

const REASONS: Record<string, string> = {
  ENOENT: "it does not exist",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EISDIR: "it is a folder",
  EEXIST: "a part of the path is a file, not a folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ELOOP: "too many links",
  ENAMETOOLONG: "the name is too long",
};

/** Why a file operation failed, in words. */
export function fileReason(error: unknown): string {
  const code = errorCode(error);
  return (code && REASONS[code]) ?? (error instanceof Error ? error.message : String(error));
}

/** Makes a folder and what is missing above it. Not by `recursive`, which never returns where a file system refuses with ENOENT. */
export function makeFolder(path: string, mode: number): void {
  if (made(path, mode) === undefined) return;
  if (dirname(path) !== path) makeFolder(dirname(path), mode);
  const missing = made(path, mode);
  if (missing !== undefined) throw missing;
}

// gives the error when what is above it is missing; another process may make it at the same time
function made(path: string, mode: number): unknown {
  try {
    mkdirSync(path, { mode });
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return error;
    if (code === "EEXIST" && statSync(path).isDirectory()) return undefined;
    throw error;
  }
}

/** Whether this process may run a file. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
