import { join } from "node:path";
import type { Tool, ToolContext } from "../core/tool.js";
import { statOf } from "../platform/files.js";
import { findRipgrep, ripgrep } from "../platform/ripgrep.js";
import { byCode, filesUnder, shownPath } from "../platform/walk.js";
import { reads } from "./reads.js";
import { optional, string, toolInput } from "./schema.js";
import { pathEffect, targetOf } from "./target.js";

/** `path` is the PATH variable, by which ripgrep is found. */
export type SearchOptions = { path: string | undefined };

type Input = { pattern: string; path?: string | undefined };

const MOST = 200;
const INPUT = { pattern: string(), path: optional(string("folder, default the workspace")) };

/** Finds files by name. */
export function glob(options: SearchOptions): Tool<Input> {
  return {
    name: "glob",
    description: "Find files by a pattern such as src/**/*.ts; what .gitignore names is left out.",
    input: toolInput(INPUT),
    effect: ({ path }, { cwd }) => pathEffect("read", path ?? ".", cwd),
    run: async (input, context) => reads(await find(input, context, options)),
  };
}

async function find({ pattern, path }: Input, context: ToolContext, options: SearchOptions): Promise<string> {
  const { cwd, signal } = context;
  const folder = searchedFolder(targetOf(path ?? ".", context), path);
  const matches = await matcher(pattern);
  const hidden = /(^|\/)\./.test(pattern);
  const files = await filesOf({ folder, path: options.path, hidden, signal });
  const found = [...new Set(files.filter((file) => matches(file)))].sort(byCode);
  if (found.length === 0) return "No files match.";
  const shown = found.slice(0, MOST).map((file) => shownPath(cwd, join(folder, file)));
  const more = found.length > MOST ? `\n[${found.length - MOST} more of ${found.length}; narrow the pattern]` : "";
  return shown.join("\n") + more;
}

type Listing = { folder: string; path: string | undefined; hidden: boolean; signal: AbortSignal };

/** The files under a folder that no .gitignore leaves out, relative to it; `path` is the PATH variable. */
export async function filesOf({ folder, path, hidden, signal }: Listing): Promise<string[]> {
  const rg = await findRipgrep(path);
  return rg === undefined ? filesUnder(folder, { hidden, signal }) : listed(rg, { folder, hidden, signal });
}

// the folder to search, which must be one
function searchedFolder(folder: string, path = "."): string {
  const stat = statOf(folder);
  if (stat === undefined) throw new Error(`The folder ${path} does not exist.`);
  if (!stat.isDirectory()) throw new Error(`${path} is not a folder.`);
  return folder;
}

/** Whether a path relative to the searched folder fits a pattern; one without a slash fits names at any depth. */
export async function matcher(pattern: string): Promise<(path: string) => boolean> {
  const wanted = pattern.replace(/^\.\//, "");
  if (wanted.startsWith("/") || wanted.split("/").includes("..")) {
    throw new Error(`The pattern "${pattern}" must stay in the folder: name another folder with path.`);
  }
  const { default: picomatch } = await import("picomatch");
  return picomatch(wanted.includes("/") ? wanted : `**/${wanted}`, { dot: true });
}

async function listed(rg: string, { folder, hidden, signal }: Omit<Listing, "path">): Promise<string[]> {
  const args = [
    "--files",
    "--no-require-git",
    "--no-ignore-global",
    "--no-ignore-exclude",
    "--no-ignore-parent",
    "--no-ignore-dot",
    "-g",
    "!.git",
    "-g",
    "!node_modules",
  ];
  const { lines, problem } = await ripgrep(
    { rg, args: [...args, ...(hidden ? ["--hidden"] : [])], cwd: folder, signal },
    500_000,
  );
  if (problem !== "") throw new Error(`The search failed: ${problem.slice(0, 300)}`);
  return lines;
}
