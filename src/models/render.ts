import type { Call, Text, UserPart } from "../core/message.js";
import type { JsonSchema } from "../core/model.js";

/** Text that every provider takes: whole characters, no NUL. */
export function cleanText(text: string): string {
  const formed = text.isWellFormed() ? text : text.toWellFormed();
  return formed.includes("\0") ? formed.replaceAll("\0", "\ufffd") : formed;
}

/** The same for what JSON.stringify made: it writes half characters and NULs as escapes. */
export function cleanJson(json: string): string {
  if (!json.includes("\\ud") && !json.includes("\\u0000")) return json;
  return json.replace(/(?<!\\)((?:\\\\)*)\\u(?:d[89a-f][0-9a-f]{2}|0000)/g, "$1\ufffd");
}

/** The arguments of a call; every provider wants an object. */
export function inputOf({ input }: Call): object {
  return typeof input === "object" && input !== null && !Array.isArray(input) ? input : {};
}

/** A name that a provider takes, also where the model invented one. */
export function wireName(name: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) return name;
  return name.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 64) || "unnamed";
}

/** The schema of a tool's arguments; an object without a word on its properties is refused. */
export function wireSchema(schema: JsonSchema): JsonSchema & { type: "object" } {
  return { properties: {}, ...schema, type: "object" };
}

/** What the user says where a provider wants a turn of the user and the log has none. */
export const GOES_ON = "(The conversation goes on.)";

/** The words of a tool's result; never empty. */
export function resultText(parts: readonly UserPart[]): string {
  const words = parts.filter((part): part is Text => part.type === "text" && part.text !== "");
  const text = cleanText(words.map((part) => part.text).join("\n"));
  if (text.trim() !== "") return text;
  return parts.some((part) => part.type === "image") ? "(an image)" : "(no output)";
}

/** An id that a provider takes: letters, digits, `_` and `-`, at most `most` long; the same for the same id. */
export function wireId(id: string, most: number): string {
  if (id.length <= most && /^[A-Za-z0-9_-]+$/.test(id)) return id;
  return `${id.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, most - 9)}_${hash(id)}`;
}

// FNV-1a, 32 bits
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}

/** A function of an object that is computed once for each object. */
export function once<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make(key);
    known.set(key, made);
    return made;
  };
}
