import { existsSync, readFileSync, realpathSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorCode, fileReason, makeFolder } from "../platform/files.js";
import { writePrivate } from "../platform/write-whole.js";
import { type MemoryScope, SCOPES } from "./memory-place.js";
import { turnAt } from "./turns.js";

export const KINDS = ["user", "feedback", "project", "reference"] as const;
/** What a memory is about: the user, how to work, the project, or where something is found. */
export type MemoryKind = (typeof KINDS)[number];

export type Memory = {
  /** Random, so that memories made at once differ. */
  id: string;
  /** One line, at most `LONGEST` characters. */
  text: string;
  scope: MemoryScope;
  /** The folder that a memory of scope `project` belongs to. */
  workspace?: string;
  /** From 0 to 1. */
  importance: number;
  tags: readonly string[];
  kind: MemoryKind;
  /** Milliseconds since 1970: when it was made, and when it was last given to a model (by the day). */
  created: number;
  used: number;
};

/** Characters of a memory. */
export const LONGEST = 2000;

type Loaded = { memories: Memory[]; damaged: boolean };
/** What a file holds, and what the user should know of it. */
export type Kept = { memories: Memory[]; notices: string[] };

/** Reads a file. One that is damaged is set aside first, under a name that the notice tells; what can be read of it is kept. */
export async function readMemories(path: string): Promise<Kept> {
  const loaded = load(path);
  if (!loaded.damaged) return { memories: loaded.memories, notices: [] };
  try {
    return { memories: loaded.memories, notices: await changeMemories(path, () => undefined) };
  } catch (error) {
    return { memories: loaded.memories, notices: [`${path} is damaged, and stays: ${fileReason(error)}.`] };
  }
}

/**
 * Replaces what a file holds by what `change` makes of it; undefined leaves it. Processes take turns. Gives what the
 * user should know.
 */
export async function changeMemories(
  path: string,
  change: (all: readonly Memory[]) => readonly Memory[] | undefined,
): Promise<string[]> {
  const real = join(folderFor(path), basename(path));
  const release = await turnAt(`${real}.lock`, "memories");
  try {
    const { memories, damaged } = load(real);
    const notices = damaged ? [setAside(real, memories.length)] : [];
    const next = change(memories);
    if (next !== undefined || (damaged && memories.length > 0)) writePrivate(real, textOf(next ?? memories));
    return notices;
  } finally {
    release();
  }
}

// the home may be a link
function folderFor(path: string): string {
  try {
    makeFolder(dirname(path), 0o700);
    return realpathSync(dirname(path));
  } catch (error) {
    throw new Error(`Memories cannot be kept in ${dirname(path)}: ${fileReason(error)}.`);
  }
}

function load(path: string): Loaded {
  const text = slurp(path);
  if (text === undefined) return { memories: [], damaged: false };
  const file = parse(text);
  if (typeof file !== "object" || file === null || !("version" in file)) return { memories: [], damaged: true };
  if (file.version !== 1)
    throw new Error(`${path} was written by another version: update nanocoder, or add --no-memory.`);
  const records: unknown[] = "memories" in file && Array.isArray(file.memories) ? file.memories : [undefined];
  const memories = records.filter(isMemory);
  return { memories, damaged: memories.length < records.length };
}

function slurp(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new Error(`The memories in ${path} cannot be read: ${fileReason(error)}.`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMemory(value: unknown): value is Memory {
  if (typeof value !== "object" || value === null) return false;
  const { id, text, scope, workspace, importance, tags, kind, created, used } = value as Partial<Memory>;
  const isText = [id, text].every((each) => typeof each === "string" && each !== "");
  const isCounted = [importance, created, used].every((each) => typeof each === "number" && each >= 0);
  const isPlaced = SCOPES.some((each) => each === scope) && (scope === "global" || typeof workspace === "string");
  const isTagged = Array.isArray(tags) && tags.every((tag) => typeof tag === "string");
  return isText && isCounted && isPlaced && isTagged && KINDS.some((each) => each === kind);
}

// one memory a line, to be read and searched by people too
function textOf(memories: readonly Memory[]): string {
  return `{"version":1,"memories":[\n${memories.map((memory) => JSON.stringify(memory)).join(",\n")}\n]}\n`;
}

function setAside(path: string, readable: number): string {
  const time = new Date()
    .toISOString()
    .replace(/[-:]|\.\d+Z/g, "")
    .replace("T", "-");
  let aside = `${path}.corrupt-${time}`;
  for (let n = 2; existsSync(aside); n += 1) aside = `${path}.corrupt-${time}-${n}`;
  renameSync(path, aside);
  const rest = readable === 0 ? "nothing in it could be read" : `what could be read (${readable}) is kept`;
  return `The memories in ${path} were damaged: the file is now ${aside}, and ${rest}.`;
}
