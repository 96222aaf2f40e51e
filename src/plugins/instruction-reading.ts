import { createHash } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { realTarget } from "../platform/files.js";
import { shownPath } from "../platform/walk.js";
import { type Beginning, fileStamp, type Reach, readBeginning, Unreadable } from "../store/instruction-bytes.js";
import type { InstructionPlaces } from "../store/instruction-files.js";
import { codecFor } from "../tools/file-codec.js";
import { attribute, cleaned, within } from "./instruction-text.js";

/** How instruction files are read: where, and what becomes of secrets in them. */
export type InstructionSetting = {
  places: InstructionPlaces;
  userHome: string;
  redact(text: string): string;
};

/** A file of instructions as it is told, with what it imports in place. */
export type Instructions = {
  path: string;
  whose: "user" | "project";
  /** Without links; the path itself where it cannot be read. */
  real: string;
  text: string;
  /** Of the file itself, in bytes. */
  size: number;
  /** What a person should know: what was left out, and why. */
  notices: readonly string[];
  /** What was looked at, to see later whether it changed. */
  sources: readonly { path: string; stamp: string }[];
};

/** Bytes that a file, and bytes and files that what it imports, may bring. */
const MOST = { file: 32_000, imports: 64_000, files: 50, depth: 5 };

/** Reads a file of instructions. What cannot be read is an empty text and a notice. */
export async function readInstructions(
  path: string,
  whose: "user" | "project",
  setting: InstructionSetting,
): Promise<Instructions> {
  const { places, userHome } = setting;
  const folders = [realTarget("/", whose === "user" ? places.home : places.root)];
  const job: Job = {
    setting,
    reach: { folders, userHome, whose },
    notices: [],
    sources: [],
    seen: new Set(),
    left: MOST.imports,
  };
  try {
    // the user's own file may be a link to anywhere, such as a folder of dotfiles
    const reach = whose === "user" ? { ...job.reach, folders: ["/"] } : job.reach;
    const beginning = open(path, { ...job, reach });
    const text = await quoted(path, beginning, { job, depth: 0 });
    return { path, whose, real: beginning.real, text, size: beginning.size, ...job };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const notices = [`${shown(path, job)} is not used: ${error.message}.`];
    return { path, whose, real: path, text: "", size: 0, notices, sources: job.sources };
  }
}

/** Equal texts, and equal reasons for having none, have equal digests. */
export function digestOf({ text, notices }: Instructions): string {
  return createHash("sha256")
    .update(JSON.stringify([text, notices]))
    .digest("hex")
    .slice(0, 16);
}

type Job = {
  setting: InstructionSetting;
  reach: Reach;
  notices: string[];
  sources: { path: string; stamp: string }[];
  /** Real paths: each file is quoted once, which ends every loop. */
  seen: Set<string>;
  /** Bytes that imports may still bring. */
  left: number;
};
type At = { job: Job; depth: number };
/** The file that is being quoted: its name for people, and where its relative paths begin. */
type Importer = At & { name: string; folder: string };

function open(path: string, { reach, sources }: Pick<Job, "reach" | "sources">): Beginning {
  sources.push({ path, stamp: fileStamp(path) });
  return readBeginning(path, reach, MOST.file);
}

async function quoted(path: string, { real, bytes, size }: Beginning, at: At): Promise<string> {
  const { job } = at;
  job.seen.add(real);
  const { text, hidden } = cleaned(await decoded(bytes, real));
  const name = shown(path, job);
  if (hidden > 0) job.notices.push(`${name}: hidden characters are left out (${hidden}).`);
  const whole = await withImports(job.setting.redact(text), { name, folder: dirname(real), ...at });
  const gone = hidden > 0 ? `\n[hidden characters left out: ${hidden}]` : "";
  if (bytes.length === size) return whole + gone;
  job.notices.push(`${name}: only its first ${kilobytes(bytes.length)} of ${kilobytes(size)} are used.`);
  const line = bytes.toString("latin1").split("\n").length;
  return `${whole}${gone}\n[cut here: ${size - bytes.length} more bytes are in ${attribute(name)}, from line ${line} on]`;
}

async function decoded(bytes: Buffer, real: string): Promise<string> {
  const codec = await codecFor(bytes, real).catch(() => undefined);
  if (codec === undefined) throw new Unreadable("it is binary");
  if (codec.asciiOnly) throw new Unreadable("it is neither UTF-8 nor of another encoding that is known");
  return codec.decode(bytes);
}

// in code, marked by fences, an @ is just an @
async function withImports(text: string, importer: Importer): Promise<string> {
  const lines: string[] = [];
  let fence: string | undefined;
  for (const line of text.split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})([^`]*)$/.exec(line);
    if (fence === undefined) fence = mark?.[1];
    else if (mark?.[1]?.startsWith(fence) && mark[2]?.trim() === "") fence = undefined;
    const named = fence === undefined ? /^ {0,3}@(\S+)\s*$/.exec(line)?.[1] : undefined;
    lines.push(named === undefined ? line : await imported(line, named, importer));
  }
  return lines.join("\n");
}

async function imported(line: string, named: string, { name, folder, job, depth }: Importer): Promise<string> {
  const path = named.startsWith("~/") ? join(job.setting.userHome, named.slice(2)) : resolve(folder, named);
  try {
    const beginning = admitted(path, { job, depth });
    if (job.seen.has(beginning.real)) return `[@${named} is quoted elsewhere in these instructions]`;
    const text = await quoted(path, beginning, { job, depth: depth + 1 });
    const bounded = within(text, job.left, attribute(shown(path, job)));
    if (bounded.cut > 0)
      job.notices.push(`${name}: ${kilobytes(bounded.cut)} of @${named} are left out: imports may bring 64 kB.`);
    job.left = Math.max(0, job.left - Buffer.byteLength(bounded.text));
    return `[@${named}]\n${bounded.text}\n[end of @${named}]`;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    // a handle, most likely
    if (error.missing) return line;
    job.notices.push(`${name}: @${named} is not used: ${error.message}.`);
    return `[@${named} is not quoted: ${error.message}]`;
  }
}

function admitted(path: string, { job, depth }: At): Beginning {
  if (depth >= MOST.depth) throw new Unreadable(`imports go ${MOST.depth} files deep at most`);
  if (job.sources.length > MOST.files) throw new Unreadable(`at most ${MOST.files} files are imported`);
  return open(path, job);
}

function shown(path: string, { setting }: Pick<Job, "setting">): string {
  return shownPath(setting.places.cwd, path);
}

/** A size for a person: kB of 1000 bytes. */
export function kilobytes(bytes: number): string {
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;
}
