import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../platform/files.js";
import { writePrivate } from "../platform/write-whole.js";

/** A file of a repository that gains power by trust, with its text. */
export type PowerFile = { path: string; text: string };

/** What was trusted: the texts are kept to show what changed since. */
type Trusted = { hash: string; at: string; files: PowerFile[] };
type TrustFile = { version: 1; folders: Record<string, Trusted> };

/** Whether these files of a folder are trusted as they are; `before` is what was trusted when they changed. */
export type TrustState = { state: "trusted" | "unknown" } | { state: "changed"; before: readonly PowerFile[] };

/** How much of a file is kept to show later what changed, in characters. */
const KEPT = 64_000;

/** What was said of a folder, by its real path. */
export function trustOf(home: string, folder: string, files: readonly PowerFile[]): TrustState {
  const known = load(home).folders[folder];
  if (known === undefined) return { state: "unknown" };
  return known.hash === hashOf(files) ? { state: "trusted" } : { state: "changed", before: known.files };
}

/** Remembers that a folder's files are trusted as they are now. */
export function trust(home: string, folder: string, files: readonly PowerFile[]): void {
  const kept = files.map(({ path, text }) => ({ path, text: text.slice(0, KEPT) }));
  const all = load(home);
  const entry = { hash: hashOf(files), at: new Date().toISOString(), files: kept };
  save(home, { ...all, folders: { ...all.folders, [folder]: entry } });
}

/** Forgets a folder; false when it was not trusted. */
export function distrustFolder(home: string, folder: string): boolean {
  const { [folder]: gone, ...folders } = load(home).folders;
  if (gone === undefined) return false;
  save(home, { version: 1, folders });
  return true;
}

function hashOf(files: readonly PowerFile[]): string {
  const hash = createHash("sha256");
  for (const { path, text } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1)))
    hash.update(`${path}\0${text.length}\0${text}\0`);
  return hash.digest("hex");
}

// a file that is damaged trusts nobody
function load(home: string): TrustFile {
  const empty: TrustFile = { version: 1, folders: {} };
  try {
    const read: unknown = JSON.parse(readFileSync(join(home, "trust.json"), "utf8"));
    const folders = typeof read === "object" && read !== null && "folders" in read ? read.folders : undefined;
    if (typeof folders !== "object" || folders === null) return empty;
    return { version: 1, folders: Object.fromEntries(Object.entries(folders).filter(([, entry]) => isTrusted(entry))) };
  } catch {
    return empty;
  }
}

function isTrusted(entry: unknown): entry is Trusted {
  return (
    typeof entry === "object" &&
    entry !== null &&
    "hash" in entry &&
    typeof entry.hash === "string" &&
    "files" in entry &&
    Array.isArray(entry.files)
  );
}

function save(home: string, file: TrustFile): void {
  makeFolder(home, 0o700);
  writePrivate(join(home, "trust.json"), `${JSON.stringify(file, null, 2)}\n`);
}
