import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
} from "node:fs";
import { join, sep } from "node:path";
import { fileReason } from "../platform/files.js";
import { bodyOf, holdsFront, readCommand } from "./command-front.js";
import { openNow } from "./instruction-bytes.js";

/** A folder of commands; one of a project must lie within it, links followed. */
export type CommandPlace = { folder: string; from: "user" } | { folder: string; from: "project"; within: string };

/** A prompt in a file, called by name. With a `problem`, a sentence, it cannot be used. */
export type UserCommand = {
  /** `dir:name` in a subfolder. */
  name: string;
  from: "user" | "project";
  path: string;
  /** The folder that its file may not lead out of. */
  root: string;
  /** Words that stand before it. Only `$ARGUMENTS` is filled in then: what follows may quote any shell line. */
  lead?: string;
  description?: string;
  hint?: string;
  model?: string;
  problem?: string;
};

/** Bytes of a file, and those that are read for a list. */
const MOST = { file: 1_000_000, head: 8192 };

/** The commands of these folders, `commands/*.md` and those in subfolders, by name. Links that lead out are not followed. */
export async function listUserCommands(places: readonly CommandPlace[]): Promise<UserCommand[]> {
  const all: UserCommand[] = [];
  for (const place of places) {
    const root = rootOf(place);
    if (root === undefined) continue;
    for (const path of filesIn(root, "")) all.push(await listed(path, { root, from: place.from }));
  }
  return all;
}

/** The prompt that a command stands for: `$ARGUMENTS` and `$1` to `$9` are filled in, `\$` stays `$`. Throws in words. */
export function expand({ path, root, problem, lead }: UserCommand, args: string): string {
  if (problem !== undefined) throw new Error(problem);
  const body = bodyOf(textOf(path, root));
  const given = args.trim();
  if (lead !== undefined) return `${lead}\n\n${filledIn(body, given)}`;
  const words = [...given.matchAll(/"([^"]*)"(?=\s|$)|'([^']*)'(?=\s|$)|\S+/g)];
  let filled = false;
  const text = body.replace(/\\\$(?=ARGUMENTS\b|\d)|\$(ARGUMENTS\b|[1-9](?!\d))/g, (found, what?: string) => {
    if (what === undefined) return found.slice(1);
    filled = true;
    const word = words[Number(what) - 1];
    return what === "ARGUMENTS" ? given : (word?.[1] ?? word?.[2] ?? word?.[0] ?? "");
  });
  // what the person said is never lost
  return filled || given === "" ? text : `${text}\n\n${given}`;
}

function filledIn(body: string, given: string): string {
  if (body.includes("$ARGUMENTS")) return body.replaceAll("$ARGUMENTS", () => given);
  return given === "" ? body : `${body}\n\n${given}`;
}

/** The text of a file of at most 1 MB that lies within a folder, links followed. Throws in words. */
export function textOf(path: string, root: string): string {
  const opened = open(path, root, openNow);
  if ("why" in opened) throw new Error(`${path}: ${opened.why}.`);
  try {
    return readFileSync(opened.file, "utf8");
  } finally {
    closeSync(opened.file);
  }
}

/** Where a folder really lies; undefined where it is not there, or a project's leads out of it. */
export function rootOf(place: CommandPlace): string | undefined {
  try {
    const root = realpathSync(place.folder);
    return place.from === "project" && !isWithin(root, realpathSync(place.within)) ? undefined : root;
  } catch {
    return undefined;
  }
}

// hidden ones are not meant; folders behind links could lead around
function filesIn(root: string, folder: string): string[] {
  const entries = entriesOf(join(root, folder)).filter(({ name }) => !name.startsWith("."));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(root, path);
    return entry.name.endsWith(".md") && (entry.isFile() || entry.isSymbolicLink()) ? [path] : [];
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

async function listed(file: string, { root, from }: Pick<UserCommand, "root" | "from">): Promise<UserCommand> {
  const path = `${root}/${file}`;
  const command = { name: file.slice(0, -".md".length).replaceAll("/", ":"), from, path, root };
  if (/[\s\p{C}]/u.test(command.name)) return { ...command, problem: `${path}: a command's name has no blanks.` };
  const head = headOf(path, root);
  if ("why" in head) return { ...command, problem: `${path}: ${head.why}.` };
  const { about, problem } = await readCommand(head.text);
  if (problem === undefined) return { ...command, ...about };
  return { ...command, problem: `${path}:${problem.line}:${problem.column}: ${problem.why}.` };
}

/** The beginning of such a file, its front matter whole, or why it is not read. */
export function headOf(path: string, root: string): { text: string } | { why: string } {
  const opened = open(path, root, openNear);
  if ("why" in opened) return opened;
  const { file } = opened;
  try {
    const bytes = Buffer.allocUnsafe(MOST.head);
    const size = readSync(file, bytes, 0, MOST.head, 0);
    const text = bytes.toString("utf8", 0, size);
    return { text: size < MOST.head || holdsFront(text) ? text : readFileSync(file, "utf8") };
  } finally {
    closeSync(file);
  }
}

// for a list of a thousand: folders on the way are taken as they were a moment ago
function openNear(real: string): number {
  return openSync(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
}

type Opening = (real: string) => number;

// what is no file is not waited for
function open(path: string, root: string, opening: Opening): { file: number } | { why: string } {
  try {
    const real = realpathSync.native(path);
    if (!isWithin(real, root)) return { why: "it is a link that leads out of its folder" };
    const file = opening(real);
    const stat = fstatSync(file);
    if (stat.isFile() && stat.size <= MOST.file) return { file };
    closeSync(file);
    return { why: stat.isFile() ? "it is larger than 1 MB" : "it is no file" };
  } catch (error) {
    return { why: `it cannot be read: ${fileReason(error)}` };
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === sep ? sep : folder + sep);
}
