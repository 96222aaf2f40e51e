import { join, relative, resolve } from "node:path";
import { realTarget, statOf } from "../platform/files.js";
import { expandGlob } from "../platform/glob-names.js";
import { absoluteFolders } from "../platform/run-git.js";
import { analyse } from "../shell/analyse.js";
import {
  contentMark,
  findProgram,
  type Identity,
  identify,
  interpreterOf,
  isSameProgram,
} from "../store/program-files.js";
import { reached, scriptsOf, type Words } from "./called-files.js";

/** Where checks run, as they will run: the environment is that of `checkEnv`. */
export type Place = { root: string; home: string; env: Readonly<Record<string, string>> };

/** What the checks of a goal call, as it was when it was looked at; plain data, to be kept in the log. */
export type Called = {
  /** By name as it was called; null where nothing was found. */
  programs: Record<string, Identity | null>;
  /** What stands in the workspace: a mark of the content by path, `package.json#test` for an entry. */
  scripts: Record<string, string>;
};

/** How deep scripts that call scripts are followed, and how many lines in all. */
const MOST = { depth: 4, lines: 1000 };

/**
 * The programs and scripts that check lines call, found without running them. A program of the system is known
 * by its file, also the interpreter that a script names; what lies in the workspace counts as a script.
 */
export function noteCalled(commands: readonly string[], place: Place): Called {
  const notes: Notes = { place, names: new Set(), files: new Set(), entries: new Map(), left: MOST.lines };
  for (const command of commands) follow(command, { cwd: place.root, depth: 0 }, notes);
  const folders = absoluteFolders(place.env.PATH);
  const programs: Called["programs"] = {};
  for (const name of notes.names) addProgram(name, { programs, folders, notes });
  const scripts = [...notes.files].map((path) => [relative(place.root, path), contentMark(path)]);
  return { programs, scripts: { ...Object.fromEntries(scripts), ...Object.fromEntries(notes.entries) } };
}

/**
 * What is wrong with the programs now, a sentence each: one that is found elsewhere than before, or whose file is
 * another. What was missing before and is there now is not wrong.
 */
export function wrongPrograms(before: Called, { env, root }: Place): string[] {
  const folders = absoluteFolders(env.PATH);
  const wrong = Object.entries(before.programs).flatMap(([name, was]) => {
    if (was === null) return [];
    const path = findProgram(name, folders);
    const now = path === undefined ? undefined : identify(path);
    if (now !== undefined && isSameProgram(was, now)) return [];
    if (path === undefined) return [`The program \`${name}\` of a check is gone: ${was.path}. Put it back.`];
    if (path !== was.path)
      return [`Another \`${name}\` was put before the real one: ${path} instead of ${was.path}. Remove it.`];
    return [`The program \`${name}\` of a check was changed: ${path}. Put back what was there.`];
  });
  return [...wrong, ...newBefore(before, root)];
}

// what package managers put in front of PATH: no package brings these
const NEVER_INSTALLED = /^(sh|bash|env|node|npm|npx|python[\d.]*|make|git|cargo|go|test|true|cat|grep|diff)$/;

function newBefore({ scripts }: Called, root: string): string[] {
  return Object.entries(scripts).flatMap(([path, mark]) => {
    const name = /(?:^|\/)node_modules\/\.bin\/([^/]+)$/.exec(path)?.[1];
    if (mark !== "absent" || name === undefined || !NEVER_INSTALLED.test(name)) return [];
    if (findProgram(join(root, path), []) === undefined) return [];
    return [`Another \`${name}\` was put before the real one: ${path}. Remove it.`];
  });
}

/** The scripts and settings of checks that are not as before, by path in the workspace, also those that came or went. */
export function changedScripts(before: Called, now: Called): string[] {
  const names = new Set([...Object.keys(before.scripts), ...Object.keys(now.scripts)]);
  const mark = ({ scripts }: Called, name: string) => scripts[name] ?? "absent";
  return [...names].filter((name) => mark(before, name) !== mark(now, name)).sort();
}

/**
 * Looks again, and at what was noted too: a script that no line calls any more is compared all the same.
 * `commands` are those of the contract.
 */
export function noteAgain(before: Called, commands: readonly string[], place: Place): Called {
  const now = noteCalled(commands, place);
  for (const name of Object.keys(before.scripts)) now.scripts[name] ??= markOf(name, place.root);
  return now;
}

function markOf(name: string, root: string): string {
  const [file = "", entry] = name.split("#");
  return entry !== undefined && file.endsWith("package.json")
    ? entryMark(join(root, file), entry)
    : contentMark(join(root, name));
}

function entryMark(file: string, name: string): string {
  return scriptsOf(file)[name] ?? "absent";
}

type Notes = {
  place: Place;
  names: Set<string>;
  files: Set<string>;
  entries: Map<string, string>;
  left: number;
};

type At = { cwd: string; depth: number; first?: string | undefined };

function follow(line: string, { cwd, depth, first }: At, notes: Notes): void {
  const { root, home, env } = notes.place;
  notes.left -= 1;
  if (depth > MOST.depth || notes.left < 0) return;
  const isFolder = (path: string) => attempt(() => statOf(path)?.isDirectory()) ?? false;
  const where = { cwd, root, home, env, isFolder, expand: expandGlob };
  const resolved = (path: string) => attempt(() => realTarget("/", path)) ?? path;
  let at = cwd;
  for (const { command } of analyse(line, { ...where, resolve: resolved }).parts) {
    const [name = "", ...args] = splitWords(command);
    if (name === "cd" && args[0] !== undefined && !args[0].includes("…")) at = resolve(at, args[0]);
    else if (name !== "" && !name.includes("…")) called({ name, args, cwd: at }, { depth, first }, notes);
  }
}

function called(call: Words, { depth, first: above }: Omit<At, "cwd">, notes: Notes): void {
  const { root } = notes.place;
  const path = call.name.includes("/") ? resolve(call.cwd, call.name) : call.name;
  if (!isInside(path, root) && !BUILTINS.has(path)) notes.names.add(path);
  if (above !== undefined && path === call.name) notes.files.add(join(above, path));
  const { files, entries, lines, first = above } = reached(call);
  if (first !== undefined && first !== above) notes.files.add(join(first, "sh"));
  for (const file of files) if (isInside(file, root)) notes.files.add(file);
  for (const { file, name } of entries) {
    if (isInside(file, root)) notes.entries.set(`${relative(root, file)}#${name}`, entryMark(file, name));
  }
  for (const line of lines) follow(line, { cwd: call.cwd, depth: depth + 1, first }, notes);
  if (isInside(path, root)) interpreters(path, notes.names);
}

type Finding = { programs: Called["programs"]; folders: readonly string[]; notes: Notes };

// what a PATH of the workspace's own holds is part of the work, but nothing may come to stand before what it was
function addProgram(name: string, { programs, folders, notes }: Finding): void {
  if (Object.hasOwn(programs, name)) return;
  const path = findProgram(name, folders);
  if (path !== undefined && isInside(path, notes.place.root)) {
    notes.files.add(path);
    return;
  }
  programs[name] = (path === undefined ? undefined : identify(path)) ?? null;
  if (path === undefined) return;
  const more = new Set<string>();
  interpreters(path, more);
  for (const each of more) addProgram(each, { programs, folders, notes });
}

// `#!/usr/bin/env node` takes its node from PATH
function interpreters(path: string, names: Set<string>): void {
  const [program, ...words] = interpreterOf(path) ?? [];
  if (program === undefined) return;
  names.add(program);
  const plain = words.filter((word) => !word.startsWith("-") && !word.includes("="));
  if (program.endsWith("/env") && plain[0] !== undefined) names.add(plain[0]);
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

// bash runs these itself, whatever stands on PATH
const BUILTINS = new Set(
  ". : [ alias bg bind break builtin caller cd command compgen complete continue declare dirs disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset wait".split(
    " ",
  ),
);

/** Words of a command as the analysis shows it: parted by blanks, some of them in single quotes. */
function splitWords(command: string): string[] {
  const words = command.match(/(?:'[^']*'|\\.|[^\s'\\])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|\\(.)/g, (_, quoted, escaped) => quoted ?? escaped));
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
