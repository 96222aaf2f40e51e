import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { sentence } from "../core/run-tools.js";
import type { Tool, ToolContext } from "../core/tool.js";
import { statOf } from "../platform/files.js";
import { findRipgrep, ripgrep } from "../platform/ripgrep.js";
import { byCode, filesUnder, shownPath } from "../platform/walk.js";
import { matcher, type SearchOptions } from "./glob.js";
import { reads } from "./reads.js";
import { boolean, optional, string, toolInput } from "./schema.js";
import { pathEffect, targetOf } from "./target.js";

type Input = {
  pattern: string;
  path?: string | undefined;
  glob?: string | undefined;
  ignore_case?: boolean | undefined;
};

/** Matches and characters of a line that are shown; bytes of a file that the own search opens. */
const MOST = { matches: 200, line: 300, file: 20 * 1024 * 1024 };

const INPUT = {
  pattern: string("regular expression"),
  path: optional(string("file or folder")),
  glob: optional(string("only files like *.ts")),
  ignore_case: optional(boolean()),
};

/** Searches the contents of files. */
export function grep(options: SearchOptions): Tool<Input> {
  return {
    name: "grep",
    description: "Search file contents; answers path:line:text. What .gitignore names is left out.",
    input: toolInput(INPUT, { regex: "pattern", include: "glob" }),
    effect: ({ path }, { cwd }) => pathEffect("read", path ?? ".", cwd),
    run: async (input, context) => reads(await search(input, context, options)),
  };
}

async function search(input: Input, context: ToolContext, options: SearchOptions): Promise<string> {
  const { cwd, signal } = context;
  checkPattern(input.pattern);
  const place = placeOf(targetOf(input.path ?? ".", context), input.path);
  const rg = await findRipgrep(options.path);
  const asked = { ...place, input, signal };
  const { found, more } = rg === undefined ? await ownSearch(asked) : await ripgrepSearch(rg, asked);
  if (found.length === 0) return "No matches found.";
  const lines = found.map(({ file, line, text }) => `${shownPath(cwd, join(place.folder, file))}:${line}:${cut(text)}`);
  return (
    lines.join("\n") + (more ? `\n[more than ${MOST.matches} matches; narrow the pattern, the path or the glob]` : "")
  );
}

type Place = { folder: string; only: string | undefined };
type Match = { file: string; line: string; text: string };
type Found = { found: Match[]; more: boolean };
type Search = Place & { input: Input; signal: AbortSignal };

function checkPattern(pattern: string): void {
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    const plain = attempt(() => new RegExp(pattern));
    if (!plain) throw new Error(`Invalid regex: ${sentence(error)}`);
  }
}

function attempt(make: () => RegExp): RegExp | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

function placeOf(target: string, path = "."): Place {
  const stat = statOf(target);
  if (stat === undefined) throw new Error(`${path} does not exist.`);
  return stat.isDirectory() ? { folder: target, only: undefined } : { folder: dirname(target), only: basename(target) };
}

async function ripgrepSearch(rg: string, { folder, only, input, signal }: Search): Promise<Found> {
  const args = [
    "--line-number",
    "--with-filename",
    "--null",
    "--no-heading",
    "--color=never",
    "--sort=path",
    "--max-columns=4000",
    "--max-columns-preview",
    "--no-require-git",
    "--no-ignore-global",
    "--no-ignore-exclude",
    "--no-ignore-parent",
    "--no-ignore-dot",
    "--no-messages",
    `--max-filesize=${MOST.file}`,
    "-g",
    "!.git",
    "-g",
    "!node_modules",
    ...(input.ignore_case ? ["--ignore-case"] : []),
    "-e",
    input.pattern,
    "--",
    only ?? ".",
  ];
  // not by rg's own globs: those bring back what .gitignore names
  const wanted = input.glob ? await matcher(input.glob) : () => true;
  const keep = (row: string) => parseLine(row).some(({ file }) => wanted(file));
  const { lines, more, problem } = await ripgrep({ rg, args, cwd: folder, signal, keep }, MOST.matches);
  if (problem !== "") throw new Error(`Invalid regex: ${problem.replace(/^rg: /, "").slice(0, 300)}`);
  return { found: lines.flatMap(parseLine), more };
}

function parseLine(row: string): Match[] {
  const [, file, line, text] = /^(?:\.\/)?([^\0]*)\0(\d+):(.*)$/s.exec(row) ?? [];
  return file === undefined || line === undefined || text === undefined
    ? []
    : [{ file, line, text: text.replace(/\r$/, "") }];
}

async function ownSearch({ folder, only, input, signal }: Search): Promise<Found> {
  const pattern = expression(input);
  const wanted = input.glob ? await matcher(input.glob) : () => true;
  const files = only === undefined ? await filesUnder(folder, { hidden: false, signal }) : [only];
  const found: Match[] = [];
  for (const file of files.filter((each) => wanted(each)).sort(byCode)) {
    signal.throwIfAborted();
    for await (const match of matchesIn(join(folder, file), pattern)) {
      if (found.length === MOST.matches) return { found, more: true };
      found.push({ file, ...match });
    }
  }
  return { found, more: false };
}

function expression({ pattern, ignore_case: fold }: Input): RegExp {
  return attempt(() => new RegExp(pattern, fold ? "iu" : "u")) ?? new RegExp(pattern, fold ? "i" : "");
}

async function* matchesIn(path: string, pattern: RegExp): AsyncGenerator<{ line: string; text: string }> {
  if (!isSearchable(path)) return;
  const { createInterface } = await import("node:readline");
  const stream = createReadStream(path, "utf8");
  let line = 0;
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (pattern.test(text)) yield { line: String(line), text };
    }
  } finally {
    stream.destroy();
  }
}

function isSearchable(path: string): boolean {
  const stat = statOf(path);
  if (!stat?.isFile() || stat.size > MOST.file) return false;
  const head = Buffer.alloc(Math.min(8192, stat.size));
  const file = openSync(path, "r");
  readSync(file, head, 0, head.length, 0);
  closeSync(file);
  return !head.includes(0);
}

function cut(text: string): string {
  const whole = text.toWellFormed();
  return whole.length > MOST.line ? `${whole.slice(0, MOST.line).toWellFormed()} […]` : whole;
}
