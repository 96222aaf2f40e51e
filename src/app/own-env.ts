import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileReason, statOf } from "../platform/files.js";
import type { Environment } from "./input.js";
import { UsageError } from "./usage-error.js";

/** The environment with the user's own variables where it lacks them; `from` names a variable by where it stands. */
export type OwnEnv = { env: Environment; from(name: string): string; notices: readonly string[] };

/** What counts of the file: which model is asked, where and with what. A home names no other home. */
const COUNTS = /^(?:NANOCODER|OPENAI|ANTHROPIC|DEEPSEEK)_[A-Z0-9_]+$/;
const MOST = 1_000_000;

/** An assignment as shells write it: `export` may stand before, the value may be quoted. */
export const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/;

/** Reads ~/.nanocoder/.env: the environment comes before it. Throws a UsageError with file and line. */
export function readOwnEnv(home: string, env: Environment): OwnEnv {
  const path = join(home, ".env");
  const { text, mode } = slurp(path);
  const values = Object.entries(valuesIn(path, text)).filter(([name]) => !env[name]?.trim());
  const names = new Set(values.map(([name]) => name));
  const open = (mode & 0o077) !== 0 && process.platform !== "win32";
  return {
    env: { ...env, ...Object.fromEntries(values) },
    from: (name) => (names.has(name) ? `${name} in ${path}` : name),
    notices: open ? [`${path} may hold keys, and others can read it. Mend it: chmod 600 ${path}`] : [],
  };
}

// of two lines for one name the last counts
function valuesIn(path: string, text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const found = ASSIGNMENT.exec(line);
    if (found === null) throw new UsageError(`${path}:${at + 1}:1: a line NAME=value is wanted here.`);
    const [, name = "", written = ""] = found;
    const value = unquoted(written);
    if (value === undefined) throw new UsageError(`${path}:${at + 1}:1: the quote of ${name} is not closed.`);
    if (COUNTS.test(name) && name !== "NANOCODER_HOME") values[name] = value;
  }
  return values;
}

function slurp(path: string): { text: string; mode: number } {
  try {
    const stat = statOf(path);
    if (stat === undefined) return { text: "", mode: 0o600 };
    if (!stat.isFile()) throw new UsageError(`${path} is no file: it should hold lines NAME=value.`);
    if (stat.size > MOST) throw new UsageError(`${path} is larger than 1 MB: it should hold a few lines NAME=value.`);
    return { text: readFileSync(path, "utf8").replace(/^\ufeff/, ""), mode: stat.mode };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} cannot be read: ${fileReason(error)}.`);
  }
}

// undefined: a quote that is left open
function unquoted(written: string): string | undefined {
  const text = written.trim();
  const [quote] = text;
  if (quote !== '"' && quote !== "'") return text.replace(/(^|\s+)#.*$/, "");
  const end = text.indexOf(quote, 1);
  return end < 0 ? undefined : text.slice(1, end);
}
