import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import type { Event } from "../core/event.js";
import { state } from "../core/fold.js";
import type { Json } from "../core/message.js";
import type { ToolContext } from "../core/tool.js";

/** What a file was when the model last read or wrote it; `sha1` of its bytes is there up to `HASHED` bytes. */
export type Seen = { size: number; mtimeMs: number; ino: number; sha1?: string };

/** A file as it is now; `bytes` are all of it. */
export type Look = { stat: Stats; bytes?: Buffer | undefined };

/** The largest file that is compared by its content, in bytes. */
export const HASHED = 1024 * 1024;

/** What the session knows of a file, by its real path; it outlives a resume. */
export function seenFile(events: readonly Event[], target: string): Seen | undefined {
  const value = state(events, key(target));
  return isSeen(value) ? value : undefined;
}

/** Records that the model knows a file as it is now. */
export function rememberFile(context: ToolContext, target: string, look: Look): void {
  const now = identity(look);
  const known = seenFile(context.events, target);
  if (JSON.stringify(known) !== JSON.stringify(now)) context.record({ type: "state", key: key(target), value: now });
}

/** Whether a file is another than the one that was seen; one that was only touched is not. */
export function hasChanged(known: Seen, look: Look): boolean {
  if (known.sha1 !== undefined && look.bytes !== undefined) return known.sha1 !== identity(look).sha1;
  const { size, mtimeMs, ino } = look.stat;
  return known.size !== size || known.mtimeMs !== mtimeMs || known.ino !== ino;
}

function identity({ stat, bytes }: Look): Seen {
  const { size, mtimeMs, ino } = stat;
  if (bytes === undefined || bytes.length > HASHED) return { size, mtimeMs, ino };
  return { size, mtimeMs, ino, sha1: createHash("sha1").update(bytes).digest("hex") };
}

function key(target: string): string {
  return `file:${target}`;
}

function isSeen(value: Json | undefined): value is Seen {
  return typeof value === "object" && value !== null && "size" in value && "mtimeMs" in value && "ino" in value;
}
