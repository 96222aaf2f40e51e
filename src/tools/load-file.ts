import { accessSync, closeSync, constants, fstatSync, readFileSync, type Stats } from "node:fs";
import type { ToolContext } from "../core/tool.js";
import { openReal } from "../platform/anchored.js";
import { errorCode, fileReason, statOf } from "../platform/files.js";
import { Overtaken, writeWhole } from "../platform/write-whole.js";
import { rememberFile } from "./seen-files.js";

export type Loaded = { bytes: Buffer; stat: Stats };

/** A file as a call names it, and where that leads. */
export type Target = { path: string; target: string };

/** Beyond this, in bytes, a file is searched as bytes and shown without a diff. */
export const LARGE = 8 * 1024 * 1024;
const MOST = 256 * 1024 * 1024;

/** All of a regular file; undefined when there is none. Throws a sentence for what is not one, or larger than 256 MiB. */
export function loadFile({ target, path }: Target): Loaded | undefined {
  const found = statOf(target);
  if (found === undefined) return undefined;
  if (found.isDirectory()) throw new Error(`${path} is a folder; name a file in it.`);
  if (!found.isFile()) throw new Error(`${path} is not a regular file; it is not written to.`);
  if (found.size > MOST) throw new Error(`${path} is larger than 256 MiB; edit it with bash (sed) instead.`);
  try {
    return readLoaded(target);
  } catch (error) {
    throw new Error(`${path} cannot be read: ${fileReason(error)}. Nothing was changed.`);
  }
}

function readLoaded(target: string): Loaded {
  const file = openReal(target);
  try {
    return { stat: fstatSync(file), bytes: readFileSync(file) };
  } finally {
    closeSync(file);
  }
}

/** What is to stand in a file, and what was loaded of it: undefined for none. */
export type Saving = { file: Target; pieces: readonly Buffer[]; before: Stats | undefined };

/** Writes a file whole and remembers it as seen. Throws a sentence when it cannot; the file is then as it was. */
export function saveFile({ file, pieces, before }: Saving, context: ToolContext): void {
  const { path, target } = file;
  try {
    if (before !== undefined) refuseReadOnly(file, before);
    writeWhole(target, pieces, before);
  } catch (error) {
    if (error instanceof Overtaken)
      throw new Error(`${path} changed on disk just now: read it again. Nothing was changed.`);
    if (errorCode(error) === undefined) throw error;
    throw new Error(`${path} could not be written: ${fileReason(error)}. It is as it was.`);
  }
  const stat = statOf(target);
  const [only] = pieces;
  if (stat !== undefined) rememberFile(context, target, { stat, bytes: pieces.length === 1 ? only : undefined });
}

function refuseReadOnly({ path, target }: Target, { mode }: Stats): void {
  if ((mode & 0o222) !== 0) {
    accessSync(target, constants.W_OK);
    return;
  }
  const octal = (mode & 0o777).toString(8);
  throw new Error(
    `${path} is read-only (mode ${octal}): if it is meant to change, make it writable first (chmod u+w). Nothing was changed.`,
  );
}
