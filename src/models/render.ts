import type { Text, UserPart } from "../core/message.js";

/** Text that every provider takes: whole characters, no NUL. */
export function cleanText(text: string): string {
  const formed = text.isWellFormed() ? text : text.toWellFormed();
  return formed.includes("\0") ? formed.replaceAll("\0", "\ufffd") : formed;
}

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
