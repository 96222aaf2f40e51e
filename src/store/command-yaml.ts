import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from "yaml";

type Value = string | undefined;

/** What a front matter says of these keys, or what is wrong with it and where, counted from 1. */
export type Front = { values: Readonly<Record<string, Value>> } | { line: number; column: number; why: string };

/** Keys whose value may be a list of words: it is told with commas. */
const LISTS = ["tools"];

/** Reads a front matter as YAML; each of these keys wants one text. */
export function readFront(text: string, keys: readonly string[]): Front {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent", prettyErrors: false });
  const fault = (at: number, why: string): Front => {
    const { line, col } = lines.linePos(at);
    return { line, column: col, why };
  };
  const [error] = document.errors;
  if (error?.code === "BLOCK_AS_IMPLICIT_KEY") return fault(error.pos[0], "a value with a colon in it wants quotes");
  if (error) return fault(error.pos[0], `this is not YAML: ${error.message.replace(/\.$/, "")}`);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return { values: {} };
  if (!isMap(contents)) return fault(contents.range?.[0] ?? 0, "lines `name: value` are wanted here");
  const wrong = keys.find((key) => contents.has(key) && textAt(contents, key) === undefined);
  if (wrong !== undefined) return fault(placeOf(contents, wrong), `"${wrong}" wants a text`);
  return {
    values: Object.fromEntries(
      keys.map((key) => [key, textAt(contents, key) || (LISTS.includes(key) ? textAt(contents, key) : undefined)]),
    ),
  };
}

function textAt(map: YAMLMap, key: string): string | undefined {
  const node = map.get(key, true);
  if (isSeq(node) && LISTS.includes(key) && node.items.every((item) => isScalar(item)))
    return node.items.map((item) => (isScalar(item) ? String(item.value) : "")).join(", ");
  if (!isScalar(node)) return undefined;
  // a number is a text as it is written
  return typeof node.value === "string" ? node.value : node.value === null ? "" : (node.source ?? String(node.value));
}

function placeOf(map: YAMLMap, key: string): number {
  const pair = map.items.find((each) => isScalar(each.key) && each.key.value === key);
  return (isScalar(pair?.key) ? pair.key.range?.[0] : undefined) ?? 0;
}
