import type { Json } from "../core/message.js";
import { isTooDeep } from "../platform/depth.js";

type Fields = { [key: string]: Json };

/**
 * Reads arguments that are no JSON object where nothing has to be guessed: an object inside a code fence or
 * inside a string, the same object several times, a comma too many, bare line breaks in strings, and what
 * Python prints. What was cut off stays unread.
 */
export function mended(args: string): Fields | undefined {
  const bare = unfenced(args.trim());
  return objectIn(bare) ?? repeated(bare) ?? objectIn(rewritten(bare) ?? "");
}

function unfenced(text: string): string {
  return /^```[\w-]*\s*([{"][\s\S]*?)\s*(?:```)?$/.exec(text)?.[1] ?? text;
}

function objectIn(text: string): Fields | undefined {
  const value = parsed(text);
  const inner = typeof value === "string" ? parsed(value) : value;
  const isOne = typeof inner === "object" && inner !== null && !Array.isArray(inner) && !isTooDeep(inner);
  return isOne ? inner : undefined;
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// the same to the letter, or the same once read
function repeated(text: string): Fields | undefined {
  const end = firstEnd(text);
  if (end === undefined) return undefined;
  const first = objectIn(text.slice(0, end));
  const rest = text.slice(end).trim();
  const second = first && (objectIn(rest) ?? repeated(rest));
  return second && JSON.stringify(first) === JSON.stringify(second) ? first : undefined;
}

function firstEnd(text: string): number | undefined {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (token === "{") depth += 1;
    if (token === "}") depth -= 1;
    if (token === "}" && depth === 0) return index + 1;
  }
  return undefined;
}

// a backslash before a bare line break could be meant or not: there no string ends
const TOKEN = /\s+|"(?:[^"\\]|\\[^\u0000-\u001f])*"|'(?:[^'\\]|\\[^\u0000-\u001f])*'|[[\]{}:,]|[^\s"'[\]{}:,]+/gy;
const WORDS: Record<string, string> = { True: "true", False: "false", None: "null" };

// the same values as JSON
function rewritten(text: string): string | undefined {
  const tokens = [...text.matchAll(TOKEN)].map(([token]) => token);
  if (tokens.join("") !== text) return undefined;
  const solid = tokens.filter((token) => token.trim() !== "");
  const out: string[] = [];
  for (const [at, token] of solid.entries()) {
    const next = solid[at + 1] ?? "";
    if (token === "," && /^[}\]]$/.test(next) && !/^[[{,:]?$/.test(solid[at - 1] ?? "")) continue;
    out.push(isQuoted(token) ? quoted(token) : (WORDS[token] ?? token));
  }
  return out.join(" ");
}

function isQuoted(token: string): boolean {
  return token.startsWith('"') || token.startsWith("'");
}

// where a quote could mean either of two things, what comes out is no JSON
function quoted(token: string): string {
  const inner = token.slice(1, -1);
  const words = token.startsWith("'") ? inner.replace(/\\'/g, "'").replace(/(?<!\\)((?:\\\\)*)"/g, '$1\\"') : inner;
  return `"${words.replace(/[\u0000-\u001f]/g, escaped)}"`;
}

function escaped(control: string): string {
  return JSON.stringify(control).slice(1, -1);
}
