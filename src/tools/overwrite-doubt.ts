import { readFileSync, type Stats, statSync } from "node:fs";
import type { Event } from "../core/event.js";
import { hasChanged, seenFile } from "./seen-files.js";

/** The largest file whose lines are counted, in bytes. */
const COUNTED = 8 * 1024 * 1024;

type Written = { path: string; target: string };

/** Why a person should look before a file is replaced: it was never read, is another by now, or loses more than half. */
export function doubtAbout({ path, target }: Written, content: string, events: readonly Event[]): string | undefined {
  const old = look(target);
  if (old === undefined || old.bytes?.equals(Buffer.from(content))) return undefined;
  const known = seenFile(events, target);
  const shrinks = shrinkage(old, content);
  if (known === undefined)
    return `it replaces ${path} (${sizeOf(old)}), which was never read${shrinks === undefined ? "" : `, by ${shrinks}`}`;
  if (hasChanged(known, old)) return `it replaces ${path} (${sizeOf(old)}), which changed on disk since it was read`;
  return shrinks === undefined ? undefined : `it shrinks ${path} from ${sizeOf(old)} to ${shrinks}`;
}

type Old = { stat: Stats; bytes?: Buffer };

function look(target: string): Old | undefined {
  try {
    const stat = statSync(target);
    if (!stat.isFile() || stat.size === 0) return undefined;
    return stat.size > COUNTED ? { stat } : { stat, bytes: readFileSync(target) };
  } catch {
    return undefined;
  }
}

// the new size, when that is less than half and more than ten lines go
function shrinkage({ stat, bytes }: Old, content: string): string | undefined {
  const now = Buffer.from(content);
  if (bytes === undefined) return now.length * 2 < stat.size ? `${now.length} bytes` : undefined;
  const [before, after] = [linesIn(bytes), linesIn(now)];
  return after * 2 < before && before - after > 10 ? `${after} lines` : undefined;
}

function sizeOf({ stat, bytes }: Old): string {
  return bytes === undefined ? `${stat.size} bytes` : `${linesIn(bytes)} lines`;
}

function linesIn(bytes: Buffer): number {
  let count = bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
