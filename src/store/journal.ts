import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode, makeFolder } from "../platform/files.js";
import type { Change } from "./path-state.js";

/** Whose call it was. `prompt` is the seq of the session's newest prompt. */
export type CallOf = { session: string; prompt: number; callId: string; tool: string };

/** Written before the tool runs. `listing` names the listing of the workspace that a command may change. */
export type Begun = CallOf & {
  type: "begun";
  id: string;
  at: number;
  root: string;
  pid: number;
  start?: string;
  paths: Change[];
  listing?: string;
  partial?: string;
};

/** Written when the tool has ended; `partial` says why not all that it wrote may be told. */
export type Ended = { type: "ended"; id: string; at: number; paths: Change[]; partial?: string };

/** `of` are calls for an undo, and the one undo for a redo. */
export type Reverted = { type: "undo" | "redo"; id: string; at: number; root: string; of: string[]; paths: Change[] };

export type Line = Begun | Ended | Reverted;

/** One call as both of its lines tell it. `open`: it was cut short, or runs now. */
export type CallRecord = Begun & { open: boolean };

/** A workspace's calls in the order in which they began, those undone now, and the undo that can be redone. */
export type History = { calls: CallRecord[]; undone: ReadonlySet<string>; redoable: Reverted | undefined };

export function appendLine(path: string, line: Line): void {
  makeFolder(dirname(path), 0o700);
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
  try {
    writeSync(file, `${endsInside(file) ? "\n" : ""}${JSON.stringify(line)}\n`);
  } finally {
    closeSync(file);
  }
}

// a crash cut the last line short: the next one must not continue it
function endsInside(file: number): boolean {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 10;
}

/** What the journal tells of one workspace; lines that cannot be read are left out. */
export function readHistory(path: string, root: string): History {
  const calls = new Map<string, CallRecord>();
  const undos: Reverted[] = [];
  for (const line of linesOf(path)) {
    if (line.type === "ended") end(calls, line);
    else if (line.root !== root) continue;
    else if (line.type === "begun") calls.set(line.id, { ...line, open: true });
    else if (line.type === "undo") undos.push(line);
    else redo({ calls, undos }, line);
  }
  return { calls: [...calls.values()], undone: new Set(undos.flatMap(({ of }) => of)), redoable: undos.at(-1) };
}

function end(calls: Map<string, CallRecord>, { id, paths, partial }: Ended): void {
  const call = calls.get(id);
  if (call) calls.set(id, { ...call, paths, open: false, ...(partial === undefined ? {} : { partial }) });
}

function redo({ calls, undos }: { calls: Map<string, CallRecord>; undos: Reverted[] }, line: Reverted): void {
  const at = undos.findIndex(({ id }) => line.of.includes(id));
  const [undone] = at < 0 ? [] : undos.splice(at, 1);
  const again = new Map(line.paths.map(({ path, after }) => [path, after]));
  // a file that was too large to copy is known by its stamp alone, and that is a new one now
  for (const id of undone?.of ?? []) {
    for (const change of calls.get(id)?.paths ?? []) {
      const now = again.get(change.path);
      if (change.after?.kind === "unkept" && now) change.after = now;
    }
  }
}

function linesOf(path: string): Line[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .map(parse)
      .filter((line) => line !== undefined);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

function parse(line: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

// our own file: its shape is checked as far as reading it needs
function isLine(value: unknown): value is Line {
  if (typeof value !== "object" || value === null) return false;
  return (
    "type" in value && "id" in value && typeof value.id === "string" && "paths" in value && Array.isArray(value.paths)
  );
}
