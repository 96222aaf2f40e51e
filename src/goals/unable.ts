import { isAbsolute, resolve } from "node:path";
import { interpreterOf } from "../store/program-files.js";

type Ended = { code: number; output: string };
type Where = { cwd: string };

/** How far back a message of the shell is looked for, in characters. */
const BACK = 4000;

/**
 * Why a check that exited so could not be run at all, in a sentence; undefined when it ran and failed. What is
 * missing inside the workspace is the work's own matter: such a check fails.
 */
export function whyUnable({ code, output }: Ended, { cwd }: Where): string | undefined {
  if (code !== 127 && code !== 126) return undefined;
  const lines = output.slice(-BACK).trimEnd().split("\n").reverse();
  const found = lines.flatMap((line) => culpritOf(line) ?? [])[0];
  if (found === undefined) return code === 127 ? NOT_FOUND : NOT_EXECUTABLE;
  const { name, interpreter = missing(resolve(cwd, name), found.required) } = found;
  if (interpreter !== undefined) return inside(interpreter, cwd) ? undefined : missingInterpreter(name, interpreter);
  if (inside(name, cwd)) return undefined;
  if (code === 127) return `${name} was not found. Install it, or name it by its path in the check.`;
  return `${name} may not be executed, or is not a program.`;
}

const NOT_FOUND = "A program that it calls was not found (exit code 127).";
const NOT_EXECUTABLE = "A program that it calls may not be executed (exit code 126).";

function missing(path: string, required: true | undefined): string | undefined {
  return required && interpreterOf(path)?.[0];
}

function missingInterpreter(name: string, interpreter: string): string {
  return `${name} cannot be run: its interpreter ${interpreter} is missing.`;
}

// as bash, dash, env and busybox say it
const SAID: readonly RegExp[] = [
  /sh: (?:-c: )?(?:line )?\d+: (?<name>[^:]+): (?:command )?not found$/,
  /sh: (?:-c: )?(?:line )?\d+: (?<name>[^:]+): (?:No such file or directory|Permission denied|Is a directory|cannot execute.*|Exec format error)$/,
  /env: ['"‘]?(?<name>[^'"’:]+)['"’]?: (?:No such file or directory|Permission denied)$/,
  /(?:^|\s)(?<name>[^\s:]+): (?:command )?not found$/,
];
const REQUIRED = /(?<name>[^\s:'"`]+): cannot execute: required file not found$/;
const INTERPRETER = /(?<name>[^\s:]+): (?<interpreter>[^:\s]+): bad interpreter: /;

type Culprit = { name: string; interpreter?: string; required?: true };

function culpritOf(line: string): Culprit | undefined {
  const script = INTERPRETER.exec(line)?.groups;
  if (script?.name && script.interpreter) return { name: script.name, interpreter: script.interpreter };
  const unstartable = REQUIRED.exec(line)?.groups?.name;
  if (unstartable !== undefined) return { name: unstartable, required: true };
  const name = SAID.map((pattern) => pattern.exec(line)?.groups?.name).find((found) => found !== undefined);
  return name === undefined ? undefined : { name };
}

// a bare name is looked for on PATH, not in the workspace
function inside(name: string, cwd: string): boolean {
  if (!name.includes("/")) return false;
  const path = isAbsolute(name) ? name : resolve(cwd, name);
  return path === cwd || path.startsWith(`${cwd}/`);
}
