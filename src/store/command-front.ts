import type { Front } from "./command-yaml.js";

/** What a command's file says of itself, and its text; `problem` says what is wrong, with line and column. */
export type CommandText = {
  body: string;
  about: { description?: string; hint?: string; model?: string };
  problem?: { line: number; column: number; why: string };
};

const KEYS = ["description", "argument-hint", "model"];
/** Characters of a front matter: YAML takes the square of its keys to read. */
const MOST = 50_000;
const FENCED = /^---[ \t]*\r?\n([\s\S]*?)(?:^|\n)---[ \t]*(?:\r?\n|$)/;

/** Reads a command's text; YAML is loaded only for a front matter that is not `name: value` lines. */
export async function readCommand(text: string): Promise<CommandText> {
  const { body, values, problem } = await readMatter(text, KEYS);
  return problem ? { body, about: {}, problem } : { body, about: described(values, body) };
}

/** The values of these keys before a text, and the text itself; `problem` says why there are none. */
export type Matter = { body: string; values: Values; problem?: NonNullable<CommandText["problem"]> };

/** Reads the front matter of a text; YAML is loaded only for what is not `name: value` lines. */
export async function readMatter(text: string, keys: readonly string[]): Promise<Matter> {
  const { front, body } = parted(text);
  if (front === undefined) return { body, values: {} };
  const plain = plainly(front);
  if (plain !== undefined) return { body, values: plain };
  if (front.length > MOST)
    return {
      body,
      values: {},
      problem: { line: 1, column: 1, why: `it has more than ${MOST} characters before its text` },
    };
  const { readFront } = await import("./command-yaml.js");
  // `[a] [b]` is how hints are written, and no YAML
  const hint = /^argument-hint:[ \t]*(\[.*\])[ \t]*\r?$/m.exec(front);
  const rest = hint === null ? front : front.replace(hint[0], "");
  const read: Front = readFront(rest, keys);
  // the line before the front matter counts
  if ("why" in read) return { body, values: {}, problem: { line: read.line + 1, column: read.column, why: read.why } };
  return { body, values: { ...read.values, ...(hint?.[1] && { "argument-hint": hint[1] }) } };
}

/** The text without the front matter. */
export function bodyOf(text: string): string {
  return parted(text).body;
}

/** Whether a beginning of a file holds all that stands before its text. */
export function holdsFront(head: string): boolean {
  return !/^\ufeff?---[ \t]*\r?\n/.test(head) || FENCED.test(head.replace(/^\ufeff/, ""));
}

function parted(text: string): { front: string | undefined; body: string } {
  const bare = text.replace(/^\ufeff/, "");
  const found = FENCED.exec(bare);
  if (found === null) return { front: undefined, body: bare.trim() };
  return { front: found[1] ?? "", body: bare.slice(found[0].length).trim() };
}

type Values = Readonly<Record<string, string | undefined>>;

// most front matters are lines of plain words: undefined for any other
function plainly(front: string): Values | undefined {
  const values: Record<string, string> = {};
  for (const line of unfolded(front).split(/\r?\n/)) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, key, written] = /^([A-Za-z][\w-]*):(?:[ \t]+(.*))?$/.exec(line) ?? [];
    const value = key === undefined ? undefined : plainValue(key, (written ?? "").trim());
    if (key === undefined || value === undefined || Object.hasOwn(values, key)) return undefined;
    values[key] = value;
  }
  return values;
}

// a text of several lines that are one: `key: >` and lines of words indented alike, without blank ones between
function unfolded(front: string): string {
  return front.replace(
    /^([A-Za-z][\w-]*): [>|]-?[ \t]*\r?\n((?:( +)\S[^\r\n]*(?:\r?\n|$))(?:\3\S[^\r\n]*(?:\r?\n|$))*)(?! |\r?\n)/gm,
    (whole, key: string, lines: string) =>
      /["\\]|[^\x20-\x7e\r\n]/.test(lines) ? whole : `${key}: "${lines.trim().replace(/\s*\n\s*/g, " ")}"\n`,
  );
}

function plainValue(key: string, written: string): string | undefined {
  if (key === "argument-hint" && /^\[.*\]$/.test(written)) return written;
  const quoted = /^"([^"\\]*)"$|^'([^']*)'$/.exec(written);
  if (quoted) return quoted[1] ?? quoted[2] ?? "";
  return /^[^\w\p{L}<$/(]|:(\s|$)|\s#/u.test(written) ? undefined : written;
}

function described(values: Values, body: string): CommandText["about"] {
  const { description, model, "argument-hint": hint } = values;
  const first = /^[#\s]*(.*)$/m.exec(body)?.[1]?.trim().slice(0, 100);
  const said = description || first;
  return { ...(said && { description: said }), ...(hint && { hint }), ...(model && { model }) };
}
