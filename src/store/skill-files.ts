import { closeSync, constants, type Dirent, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { type CommandPlace, headOf, rootOf, textOf } from "./command-files.js";
import { holdsFront, readMatter } from "./command-front.js";
import { fileStamp } from "./instruction-bytes.js";

/** Know-how in a folder: `SKILL.md`, and what it names beside it. */
export type Skill = {
  name: string;
  /** One line. */
  description: string;
  from: "user" | "project";
  /** Of its `SKILL.md`; the folder it lies in, and the folder of skills it may not lead out of. */
  path: string;
  folder: string;
  root: string;
  hint?: string;
  /** Whether the model hears of it, and whether a person may call it by name. */
  offered: boolean;
  callable: boolean;
  /** What is wrong with its front matter, with file, line and column. */
  problem?: string;
};

/** Where skills lie in a project, and under the user's home. */
const FOLDERS = [".nanocoder/skills", ".agents/skills", ".claude/skills"];
const KEYS = ["name", "description", "argument-hint", "disable-model-invocation", "user-invocable"];
/** Bytes that hold most front matters. */
const NEAR = 4096;
/** Characters of a name, and of a description. */
const MOST = { name: 64, description: 1024 };

/** The folders of skills, the user's own first: a project's skill of the same name does not take its place. */
export function skillPlaces({ home, cwd }: { home: string; cwd: string }): CommandPlace[] {
  const own: CommandPlace = { folder: join(home, "skills"), from: "user" };
  return [own, ...FOLDERS.map((name): CommandPlace => ({ folder: join(cwd, name), from: "project", within: cwd }))];
}

/** Gives the skills of these places, by place and folder; a file is read again when it changed. */
export function skillReader(places: readonly CommandPlace[]): () => Promise<Skill[]> {
  const known = new Map<string, { stamp: string; skill: Promise<Skill | undefined> }>();
  const room = Buffer.allocUnsafe(NEAR);
  const read = (found: Found): Promise<Skill | undefined> => {
    const stamp = fileStamp(found.path);
    const before = known.get(found.path);
    if (before?.stamp === stamp) return before.skill;
    const skill = stamp === "none" ? Promise.resolve(undefined) : skillOf(found, room);
    known.set(found.path, { stamp, skill });
    return skill;
  };
  return async () => {
    const all = await Promise.all(places.flatMap(foundIn).map(read));
    return distinct(all.filter((skill) => skill !== undefined));
  };
}

/** The folders of skills whose `SKILL.md` does not count, and why: it cannot be read, or another of its name comes first. */
export function notCounted(
  places: readonly CommandPlace[],
  counted: readonly Skill[],
): { path: string; why: string }[] {
  const known = new Set(counted.map(({ path }) => path));
  return places.flatMap(foundIn).flatMap(({ path, root }) => {
    if (known.has(path) || fileStamp(path) === "none") return [];
    const head = headOf(path, root);
    return [{ path, why: "why" in head ? head.why : "another skill of the project has its name, and comes first" }];
  });
}

/** The whole file, front matter included. Throws in words. */
export function skillText({ path, root }: Skill): string {
  return textOf(path, root);
}

type Found = Pick<Skill, "path" | "folder" | "root" | "from"> & { called: string; linked: boolean };

function foundIn(place: CommandPlace): Found[] {
  const root = rootOf(place);
  if (root === undefined) return [];
  return foldersIn(root).map((entry) => {
    const called = entry.name;
    const folder = `${root}/${called}`;
    return { called, linked: !entry.isDirectory(), folder, path: `${folder}/SKILL.md`, root, from: place.from };
  });
}

function foldersIn(root: string): Dirent[] {
  try {
    const entries: Dirent[] = readdirSync(root, { withFileTypes: true });
    const named = entries.filter(
      (entry) => !entry.name.startsWith(".") && (entry.isDirectory() || entry.isSymbolicLink()),
    );
    return named.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

// what leads out of the folder of skills is not there
async function skillOf({ called, linked, ...at }: Found, room: Buffer): Promise<Skill | undefined> {
  const near = linked ? undefined : beginningOf(at.path, room);
  const head = near === undefined ? headOf(at.path, at.root) : { text: near };
  if ("why" in head) return undefined;
  const { values, body, problem = unended(head.text) } = await readMatter(head.text, KEYS);
  const name = nameOf(oneLine(values.name, MOST.name) || called, at.from);
  const described = oneLine(values.description, MOST.description);
  const first = body.startsWith("---") ? "" : /^[#\s]*(.*)$/m.exec(body)?.[1];
  const unread = problem ? head.text : "";
  const hint = values["argument-hint"];
  return {
    ...at,
    name,
    description: described || oneLine(first, MOST.description),
    offered: !says(unread, values, { key: "disable-model-invocation", value: "true" }),
    callable: !says(unread, values, { key: "user-invocable", value: "false" }),
    ...(hint && { hint }),
    ...(problem && { problem: `${at.path}:${problem.line}:${problem.column}: ${problem.why}` }),
  };
}

function unended(text: string): { line: number; column: number; why: string } | undefined {
  if (holdsFront(text)) return undefined;
  return { line: 1, column: 1, why: "its front matter has no end: a second line of --- is wanted" };
}

// a project's name holds nothing that could make it another's: `user:…`, or what looks the same
function nameOf(said: string, from: Skill["from"]): string {
  const name = said.normalize("NFC").replace(/\s/g, "-");
  return from === "user" ? name : name.replace(/[^\p{L}\p{M}\p{N}._-]/gu, "-");
}

type Flag = { key: string; value: string };

// also where nothing else of the front matter can be read
function says(text: string, values: { readonly [key: string]: string | undefined }, { key, value }: Flag): boolean {
  const read = values[key] ?? new RegExp(`^${key}:[ \\t]*(\\w+)`, "m").exec(frontOf(text))?.[1];
  return read?.toLowerCase() === value;
}

function frontOf(text: string): string {
  return /^\ufeff?---[ \t]*\r?\n([\s\S]*?)^---/m.exec(text)?.[1] ?? "";
}

/** What names that a person takes for one have in common. */
export function alike(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}

// of a file that is no link and need not be looked at twice; there may be a thousand
function beginningOf(path: string, room: Buffer): string | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!fstatSync(file).isFile()) return undefined;
      const size = readSync(file, room, 0, NEAR, 0);
      const text = room.toString("utf8", 0, size);
      return size < NEAR || holdsFront(text) ? text : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function oneLine(text: string | undefined, most: number): string {
  const line = (text ?? "").slice(0, 4 * most);
  // most are one line as they stand
  const plain = /^[\x20-\x7e]*$/.test(line) && !line.includes("  ") ? line : line.replace(/[\s\p{C}]+/gu, " ");
  return plain.trim().slice(0, most).toWellFormed();
}

// the first of a name has it; a project's gives way to the user's
function distinct(skills: readonly Skill[]): Skill[] {
  const taken = new Set<string>();
  const firsts = new Map<string, Skill>();
  for (const skill of skills.toReversed()) firsts.set(alike(`${skill.from}:${skill.name}`), skill);
  return skills.flatMap((skill) => {
    const free = [skill.name, `${skill.from}:${skill.name}`].find((name) => !taken.has(alike(name)));
    const twin = firsts.get(alike(`${skill.from}:${skill.name}`)) !== skill;
    if (free === undefined || (twin && skill.from === "project")) return [];
    taken.add(alike(free));
    return [{ ...skill, name: free }];
  });
}
