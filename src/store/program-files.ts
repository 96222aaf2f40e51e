import { createHash } from "node:crypto";
import { closeSync, constants, openSync, readdirSync, readFileSync, readSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { isExecutable } from "../platform/files.js";
import { look, stampOf } from "./path-state.js";

/** Programs up to this size are known by their content, larger ones by their stamp; scripts beyond it are not read. */
const MOST = { hashed: 4 * 1024 * 1024, read: 200_000 };
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** A program that a name stood for. `content` is a SHA-256, or a stamp for a large one. */
export type Identity = { path: string; real: string; content: string };

/** The first file on a PATH that a name stands for; a path stands for itself. Undefined when nothing can be run. */
export function findProgram(name: string, folders: readonly string[]): string | undefined {
  const paths = name.includes("/") ? [name] : folders.map((folder) => join(folder, name));
  return paths.find((path) => isExecutable(path) && isFile(path));
}

/** What a program's file is now; undefined when it is none, or cannot be read. */
export function identify(path: string): Identity | undefined {
  try {
    const real = realpathSync(path);
    const stat = look(real);
    if (stat === undefined || !stat.isFile()) return undefined;
    return { path, real, content: stat.size > MOST.hashed ? stampOf(stat) : hashOf(real) };
  } catch {
    return undefined;
  }
}

/** Whether it is still that program. The same content is the same program, wherever it was put together anew. */
export function isSameProgram(one: Identity, other: Identity): boolean {
  return one.path === other.path && one.content === other.content && one.real === other.real;
}

/** The interpreter that a script names in its first line, with the words after it. */
export function interpreterOf(path: string): string[] | undefined {
  const line = beginning(path, 512)?.split("\n", 1)[0];
  const words = line?.startsWith("#!") ? line.slice(2).trim().split(/\s+/) : [];
  return words[0] ? words : undefined;
}

/** The text of a small file; undefined when there is none, or it is not a file of text. */
export function textOf(path: string): string | undefined {
  const text = beginning(path, MOST.read);
  return text?.includes("\0") ? undefined : text;
}

/** A file's content as its SHA-256; "absent" when there is no file. */
export function contentMark(path: string): string {
  try {
    return isFile(path) ? hashOf(path) : "absent";
  } catch {
    return "absent";
  }
}

/** The names of files in a folder, sorted; none when it cannot be read. */
export function filesIn(folder: string): string[] {
  try {
    const all = readdirSync(folder, { withFileTypes: true });
    return all
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return look(realpathSync(path))?.isFile() ?? false;
  } catch {
    return false;
  }
}

function hashOf(path: string): string {
  const hash = createHash("sha256");
  const file = openSync(path, READ);
  try {
    return hash.update(readFileSync(file)).digest("hex");
  } finally {
    closeSync(file);
  }
}

function beginning(path: string, most: number): string | undefined {
  if (!isFile(path)) return undefined;
  try {
    const file = openSync(path, READ);
    try {
      const bytes = Buffer.alloc(most);
      return bytes.toString("utf8", 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
