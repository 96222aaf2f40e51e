import type { Alias, Document, LineCounter, Node, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { nearest } from "../platform/text.js";
import type { Fault, Place } from "./parts.js";

/** Names for pieces of a file that may be used again, in all. */
const ALIASES = 100;

/** What reads nodes of one file; `faults` grows. */
export type Reader = {
  document: Document;
  lines: LineCounter;
  faults: Fault[];
  /** What stands for what: told by the library, which is loaded when there is a file. */
  is: {
    map: (node: unknown) => node is YAMLMap;
    seq: (node: unknown) => node is YAMLSeq;
    scalar: (node: unknown) => node is Scalar;
    alias: (node: unknown) => node is Alias;
  };
  aliases: number;
};

/** A value with its name, as it is told, and the place where it stands. */
export type Spot = { name: string; node: unknown; at: Place };

/** Records a mistake at a place. */
export function tell(reader: Reader, at: Place, why: string): undefined {
  reader.faults.push({ why, at });
}

/** The place of a node; of what it belongs to when there is none. */
export function placeOf(reader: Reader, node: unknown, instead: Place): Place {
  const from = (node as Node | null | undefined)?.range?.[0];
  return from === undefined ? instead : placeAt(reader.lines, from);
}

/** The place of a character. */
export function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** Goes through the keys of a map: each is given to what is there for it. Unknown and doubled keys are mistakes. */
export function eachKey(reader: Reader, spot: Spot, keys: Readonly<Record<string, (value: Spot) => void>>): void {
  if (!reader.is.map(spot.node)) return;
  const seen = new Map<string, Place>();
  for (const { key: node, value } of spot.node.items) {
    const at = placeOf(reader, node, spot.at);
    const key = reader.is.scalar(node) ? String(node.value) : undefined;
    const why = keyFault(key, { seen, known: Object.keys(keys) });
    if (key === undefined || why !== undefined) tell(reader, at, why ?? "");
    else for (const each of followed(reader, { name: `"${key}"`, node: value, at })) keys[key]?.(each);
    if (key !== undefined && !seen.has(key)) seen.set(key, at);
  }
}

type Keys = { seen: ReadonlyMap<string, Place>; known: readonly string[] };

function keyFault(key: string | undefined, { seen, known }: Keys): string | undefined {
  if (key === undefined) return `A key is a word: one of ${known.join(", ")}.`;
  const before = seen.get(key);
  if (before) return `"${key}" is given twice, first in line ${before.line}: keep one.`;
  if (known.includes(key)) return undefined;
  const [near] = nearest(key.slice(0, 60), known);
  const hint = near === undefined ? `Known here: ${known.join(", ")}.` : `Did you mean "${near}"?`;
  return `There is no key "${key.slice(0, 60)}". ${hint}`;
}

/** The items of a list; a value that is none is a list of one. Nothing is an empty list. */
export function itemsOf(reader: Reader, spot: Spot): Spot[] {
  if (isNothing(reader, spot.node)) return [];
  if (!reader.is.seq(spot.node)) return [spot];
  return spot.node.items.flatMap((node, n) => {
    const at = placeOf(reader, node, spot.at);
    return followed(reader, { name: `item ${n + 1} of ${spot.name}`, node, at });
  });
}

/** Whether nothing was written there. */
export function isNothing(reader: Reader, node: unknown): boolean {
  return node === null || node === undefined || (reader.is.scalar(node) && node.value === null && !node.source);
}

/** What a node is, in words. */
export function kindOf(reader: Reader, node: unknown): string {
  if (isNothing(reader, node)) return "nothing";
  if (reader.is.map(node)) return "a mapping (key: value)";
  if (reader.is.seq(node)) return "a list";
  const value = reader.is.scalar(node) ? node.value : undefined;
  if (typeof value === "number" || typeof value === "bigint") return "a number";
  if (typeof value === "boolean") return "true or false";
  return value === null ? "nothing" : "a text";
}

// an alias leads to what it names, which is told at the place of the alias; one that leads nowhere gives none
function followed(reader: Reader, spot: Spot): [Spot] | [] {
  const at = isNothing(reader, spot.node) ? spot.at : placeOf(reader, spot.node, spot.at);
  if (!reader.is.alias(spot.node)) return [{ ...spot, at }];
  reader.aliases += 1;
  if (reader.aliases === ALIASES + 1) tell(reader, at, `More than ${ALIASES} aliases (*name): write the values out.`);
  if (reader.aliases > ALIASES) return [];
  const { source } = spot.node;
  const node = spot.node.resolve(reader.document);
  if (node !== undefined) return [{ ...spot, node, at }];
  tell(reader, at, `"*" at the beginning of an unquoted text makes it an alias: put "*${source}" in quotes.`);
  return [];
}
