import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { readContract } from "../goals/contract.js";
import type { GoalFlags } from "../goals/flags.js";
import type { Fault } from "../goals/parts.js";
import type { Contract } from "../goals/types.js";
import { errorCode, fileReason } from "../platform/files.js";
import { nearest } from "../platform/text.js";
import { shownPath } from "../platform/walk.js";
import { UsageError } from "./usage-error.js";

/** What stands after `nanocoder goal`: a file that holds a goal, or the goal's own words. */
export type GoalSource = { type: "file"; path: string; text: string } | { type: "words"; words: string };

const NAMES = ["goal.yaml", "goal.yml"];
/** Under the workspace: goals that are asked for by name. */
const GOALS = join(".nanocoder", "goals");
/** In bytes. */
const MOST = 1_000_000;
/** More mistakes than these are not told at once. */
const TOLD = 10;

/** Reads the goal that was asked for; throws a UsageError with a sentence, and its place, for each mistake. */
export async function readGoal(asked: string | undefined, flags: GoalFlags, cwd: string): Promise<Contract> {
  const source = goalSource(asked ?? flags.goal, cwd);
  const shown = source.type === "file" ? shownPath(cwd, source.path) : "";
  const read = await readContract(
    source.type === "file"
      ? { yaml: source.text, file: source.path, flags }
      : { flags: { ...flags, goal: source.words } },
  );
  if (read.type === "contract") return read.contract;
  throw new UsageError(toldFaults(read.faults, shown));
}

/** Decides whether words are a file, a folder with a goal.yaml, the name of a goal, or the goal itself, and reads. */
export function goalSource(asked: string | undefined, cwd: string): GoalSource {
  if (asked === undefined) return fileIn(cwd) ?? fail(NOTHING);
  if (/[\n\0]/.test(asked) || asked.length > 1000 || asked.trim() === "") return { type: "words", words: asked };
  const path = resolve(cwd, asked);
  const stat = look(path);
  if (stat?.isDirectory()) {
    const inside = fileIn(path, cwd) ?? named(asked, cwd);
    return inside ?? fail(`${asked} is a folder without a ${NAMES[0]}: \`nanocoder goal init\` drafts one.`);
  }
  if (stat) return { type: "file", path, text: slurp(path, cwd) };
  const known = named(asked, cwd);
  if (known) return known;
  if (/\s/.test(asked.trim())) return { type: "words", words: asked };
  return looksLikeFile(asked) ? fail(missing(asked, cwd)) : oneWord(asked, cwd);
}

const NOTHING =
  'There is no goal.yaml here. Say what to do (nanocoder goal "TEXT" --criterion "DESC" --check "CMD"), ' +
  "name a file, or let `nanocoder goal init` draft one.";

function fileIn(folder: string, cwd = folder): GoalSource | undefined {
  const path = NAMES.map((name) => join(folder, name)).find((each) => look(each) !== undefined);
  return path === undefined ? undefined : { type: "file", path, text: slurp(path, cwd) };
}

function named(name: string, cwd: string): GoalSource | undefined {
  if (!/^[\w][\w.-]*$/.test(name)) return undefined;
  const paths = ["", ".yaml", ".yml"].map((ending) => join(cwd, GOALS, `${name}${ending}`));
  const path = paths.find((each) => look(each)?.isFile());
  return path === undefined ? undefined : { type: "file", path, text: slurp(path, cwd) };
}

function looksLikeFile(asked: string): boolean {
  return /[/\\]|\.(?:ya?ml|json)$/i.test(asked);
}

function missing(asked: string, cwd: string): string {
  const others = namesIn(resolve(cwd, asked, "..")).filter((name) => name !== basename(asked));
  const [near] = nearest(basename(asked), others);
  return `${asked} does not exist.${near === undefined ? "" : ` Did you mean ${join(asked, "..", near)}?`}`;
}

// one word is more likely a name that was mistyped than all that should be done
function oneWord(word: string, cwd: string): GoalSource {
  const names = namesIn(join(cwd, GOALS)).map((name) => name.replace(/\.ya?ml$/, ""));
  const [near] = nearest(word, names);
  if (near === undefined) return { type: "words", words: word };
  return fail(`There is no goal "${word}" in ${GOALS}. Did you mean "${near}"?`);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /\.(?:ya?ml|json)$/.test(name));
  } catch {
    return [];
  }
}

// words of a goal may be longer than any name can be
function look(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(errorCode(error) ?? "")) return undefined;
    return fail(`${path} cannot be looked at: ${fileReason(error)}.`);
  }
}

function slurp(path: string, cwd: string): string {
  const shown = shownPath(cwd, path);
  const stat = look(path);
  if (stat && !stat.isFile()) return fail(`${shown} is no file: a goal stands in a file.`);
  if (stat && stat.size > MOST) return fail(`${shown} is larger than 1 MB: that is no goal.`);
  try {
    // strict, and without the mark that some editors put at the beginning
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
    if (!text.includes("\0")) return text;
  } catch (error) {
    if (errorCode(error) !== "ERR_ENCODING_INVALID_ENCODED_DATA")
      return fail(`${shown} cannot be read: ${fileReason(error)}.`);
  }
  return fail(`${shown} is no text in UTF-8: a goal is written in YAML.`);
}

function toldFaults(faults: readonly Fault[], file: string): string {
  const lines = faults.slice(0, TOLD).map(({ why, at }) => (at ? `${file}:${at.line}:${at.column}: ${why}` : why));
  const more = faults.length - lines.length;
  return [...lines, ...(more > 0 ? [`And ${more} more.`] : [])].join("\n");
}

function fail(why: string): never {
  throw new UsageError(why);
}
