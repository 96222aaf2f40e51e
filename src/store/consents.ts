import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isFields } from "../platform/fields.js";
import { makeFolder } from "../platform/files.js";
import { writePrivate } from "../platform/write-whole.js";

/** A server that a folder names: what tells it from one that is written otherwise, and as it is shown. */
export type Asked = { name: string; print: string };
export type Consent = "agreed" | "refused" | "unknown" | "changed";

type Entry = { print: string; agreed: boolean; at: string };
type File = { version: 1; folders: { [folder: string]: { [name: string]: Entry } } };

const FILE = "mcp-consents.json";

/** What a person said of a server that a folder names, by the folder's real path. */
export function consentTo(home: string, folder: string, { name, print }: Asked): Consent {
  const entry = load(home).folders[folder]?.[name];
  if (entry === undefined) return "unknown";
  if (entry.print !== print) return "changed";
  return entry.agreed ? "agreed" : "refused";
}

/** Remembers what a person said of a server, until it is written otherwise. */
export function keepConsent(home: string, folder: string, { name, print, agreed }: Asked & { agreed: boolean }): void {
  const all = load(home);
  const entry: Entry = { print, agreed, at: new Date().toISOString() };
  const folders = { ...all.folders, [folder]: { ...all.folders[folder], [name]: entry } };
  makeFolder(home, 0o700);
  writePrivate(join(home, FILE), `${JSON.stringify({ version: 1, folders }, null, 2)}\n`);
}

/** Forgets what was said of a folder's servers; false when nothing was. */
export function forgetConsents(home: string, folder: string): boolean {
  const { [folder]: gone, ...folders } = load(home).folders;
  if (gone === undefined) return false;
  writePrivate(join(home, FILE), `${JSON.stringify({ version: 1, folders }, null, 2)}\n`);
  return true;
}

// a file that is damaged agrees to nothing
function load(home: string): File {
  const empty: File = { version: 1, folders: {} };
  try {
    const read: unknown = JSON.parse(readFileSync(join(home, FILE), "utf8"));
    const folders = isFields(read) ? read.folders : undefined;
    if (!isFields(folders)) return empty;
    const kept = Object.entries(folders).map(([folder, servers]) => {
      const entries = isFields(servers)
        ? Object.entries(servers).filter((pair): pair is [string, Entry] => isEntry(pair[1]))
        : [];
      return [folder, Object.fromEntries(entries)] as const;
    });
    return { version: 1, folders: Object.fromEntries(kept) };
  } catch {
    return empty;
  }
}

function isEntry(value: unknown): value is Entry {
  return isFields(value) && typeof value.print === "string" && typeof value.agreed === "boolean";
}
