import type { Json } from "../core/message.js";
import { clip, nearest } from "../platform/text.js";

type Fields = { [key: string]: Json };
type Path = readonly (string | number)[];

/** What is wrong with a schema, and where in it. */
export type SchemaFault = { at: Path; why: string };

export const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"] as const;

/** What a keyword holds: a schema, schemas in a list or by name, or a value that `WANTED` tells. */
type Kind = "schema" | "list" | "map" | "items" | keyof typeof WANTED;

const isCount = (value: Json) => typeof value === "number" && Number.isInteger(value) && value >= 0;
const isNames = (value: Json) =>
  Array.isArray(value) && value.every((each) => typeof each === "string") && new Set(value).size === value.length;
const isType = (value: Json) => TYPES.some((each) => each === value);

const WANTED = {
  any: { fits: () => true, words: "anything" },
  text: { fits: (value: Json) => typeof value === "string", words: "a text" },
  flag: { fits: (value: Json) => typeof value === "boolean", words: "true or false" },
  number: { fits: (value: Json) => typeof value === "number" && Number.isFinite(value), words: "a number" },
  positive: { fits: (value: Json) => typeof value === "number" && value > 0, words: "a number above 0" },
  count: { fits: isCount, words: "a whole number of at least 0" },
  types: {
    fits: (value: Json) =>
      isType(value) || (isNames(value) && Array.isArray(value) && value.length > 0 && value.every(isType)),
    words: `one of ${TYPES.join(", ")}, or a list of them`,
  },
  values: { fits: (value: Json) => Array.isArray(value) && value.length > 0, words: "a list of at least one value" },
  names: { fits: isNames, words: "a list of different texts" },
  nameMap: {
    fits: (value: Json) => isFields(value) && Object.values(value).every(isNames),
    words: "an object of lists of texts",
  },
  pattern: {
    fits: (value: Json) => typeof value === "string" && regex(value) !== undefined,
    words: "a regular expression",
  },
};

const KINDS: Record<string, Kind> = {
  ...kinds("any", ["default", "examples", "const"]),
  ...kinds("text", ["$schema", "$id", "id", "$comment", "$anchor", "title", "description", "format", "$ref"]),
  ...kinds("text", ["contentEncoding", "contentMediaType"]),
  ...kinds("flag", ["deprecated", "readOnly", "writeOnly", "uniqueItems"]),
  ...kinds("number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
  ...kinds("count", ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]),
  ...kinds("count", ["minContains", "maxContains"]),
  ...kinds("schema", [
    "additionalProperties",
    "additionalItems",
    "propertyNames",
    "contains",
    "not",
    "if",
    "then",
    "else",
  ]),
  ...kinds("list", ["prefixItems", "anyOf", "oneOf", "allOf"]),
  ...kinds("map", ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"]),
  type: "types",
  enum: "values",
  required: "names",
  dependentRequired: "nameMap",
  multipleOf: "positive",
  pattern: "pattern",
  items: "items",
};

const UNSUPPORTED: Record<string, string> = {
  nullable: 'write "type": ["string", "null"] in its place',
  dependencies: "write dependentRequired or dependentSchemas in its place",
  unevaluatedProperties: "write additionalProperties in its place",
  unevaluatedItems: "write prefixItems and items in its place",
  $dynamicRef: "write $ref in its place",
  $recursiveRef: "write $ref in its place",
};

/** Finds what makes a value no JSON Schema (2020-12, or draft 7), or one that is not understood here. */
export function schemaFault(root: Json): SchemaFault | undefined {
  if (!isFields(root)) return { at: [], why: "a JSON Schema is wanted here, which is an object." };
  const keys = Object.keys(root);
  if (keys.length > 0 && !keys.some((key) => Object.hasOwn(KINDS, key) || Object.hasOwn(UNSUPPORTED, key)))
    return {
      at: [],
      why: `this is no JSON Schema: none of its keys (${keys.slice(0, 5).join(", ")}) is a word of it.`,
    };
  const walk: Walk = { root, seen: new Map(), refs: [] };
  const fault = faultIn(root, [], walk);
  if (fault) return fault;
  // what is referred to is a schema too, wherever it stands: the list grows meanwhile
  for (const { at, ref } of walk.refs) {
    const found = resolve(root, ref);
    if (found === undefined) return { at, why: `"${ref}" leads nowhere: write it like #/$defs/name.` };
    const wrong = faultIn(found.schema, found.path, walk);
    if (wrong) return wrong;
  }
  return loopIn(walk);
}

/** What a `$ref` stands for; undefined when there is no such place in the schema. */
export function resolve(root: Json, ref: string): { schema: Json; path: string[] } | undefined {
  if (ref !== "#" && !ref.startsWith("#/")) return undefined;
  const path = ref.split("/").slice(1).map(unescaped);
  let schema: Json | undefined = root;
  for (const key of path) schema = inside(schema, key);
  return schema === undefined ? undefined : { schema, path };
}

/** A pattern as JSON Schema has them; undefined when it is none. */
export function regex(pattern: string): RegExp | undefined {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(pattern, flags);
    } catch {
      // some are written without Unicode in mind
    }
  }
  return undefined;
}

export function isFields(value: Json | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kinds(kind: Kind, words: readonly string[]): Record<string, Kind> {
  return Object.fromEntries(words.map((word) => [word, kind]));
}

/** `seen` are the schemas that were looked at, and where they stand. */
type Walk = { root: Json; seen: Map<Json, Path>; refs: { at: Path; ref: string }[] };

function faultIn(schema: Json, at: Path, walk: Walk): SchemaFault | undefined {
  if (typeof schema === "boolean" || walk.seen.has(schema)) return undefined;
  if (!isFields(schema)) return { at, why: "a schema is wanted here: an object, true or false." };
  walk.seen.set(schema, at);
  if (typeof schema.$ref === "string") walk.refs.push({ at: [...at, "$ref"], ref: schema.$ref });
  for (const [key, value] of Object.entries(schema)) {
    const fault = faultOf(key, value, [...at, key]) ?? faultBelow(key, value, { at: [...at, key], walk });
    if (fault) return fault;
  }
  return undefined;
}

function faultOf(key: string, value: Json, at: Path): SchemaFault | undefined {
  const instead = Object.hasOwn(UNSUPPORTED, key) ? UNSUPPORTED[key] : undefined;
  if (instead !== undefined) return { at, why: `"${key}" is not understood: ${instead}.` };
  const kind = Object.hasOwn(KINDS, key) ? KINDS[key] : undefined;
  if (kind === undefined) {
    const [near] = key.length < 5 ? [] : nearest(key, Object.keys(KINDS));
    return near === undefined ? undefined : { at, why: `"${key}" is no word of JSON Schema. Did you mean "${near}"?` };
  }
  const wanted = wantedOf(kind);
  return wanted.fits(value) ? undefined : { at, why: `"${key}" wants ${wanted.words}, not ${shown(value)}.` };
}

function wantedOf(kind: Kind): { fits(value: Json): boolean; words: string } {
  if (kind === "schema" || kind === "items") return WANTED.any;
  if (kind === "list") return { ...WANTED.values, words: "a list of at least one schema" };
  return kind === "map" ? { fits: isFields, words: "an object of schemas" } : WANTED[kind];
}

function faultBelow(key: string, value: Json, { at, walk }: { at: Path; walk: Walk }): SchemaFault | undefined {
  for (const [name, schema] of below(key, value)) {
    if (key === "patternProperties" && regex(String(name)) === undefined)
      return { at: [...at, String(name)], why: `"${name}" is no regular expression.` };
    const fault = faultIn(schema, name === undefined ? at : [...at, name], walk);
    if (fault) return fault;
  }
  return undefined;
}

// the schemas that a keyword holds
function below(key: string, value: Json): [string | number | undefined, Json][] {
  const kind = Object.hasOwn(KINDS, key) ? KINDS[key] : undefined;
  if (kind === "map" && isFields(value)) return Object.entries(value);
  if ((kind === "list" || kind === "items") && Array.isArray(value)) return value.map((each, n) => [n, each]);
  return kind === "schema" || kind === "items" ? [[undefined, value]] : [];
}

/** Keywords whose schemas look at the same value. */
const IN_PLACE = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"];

// a schema that comes back to itself without going into the value would never end
function loopIn({ root, seen }: Walk): SchemaFault | undefined {
  const open = new Set<Json>();
  const done = new Set<Json>();
  const visit = (schema: Json): SchemaFault | undefined => {
    if (!isFields(schema) || done.has(schema)) return undefined;
    if (open.has(schema))
      return { at: seen.get(schema) ?? [], why: "this schema refers back to itself without an end." };
    open.add(schema);
    const fault = first(besides(schema, root), visit);
    open.delete(schema);
    done.add(schema);
    return fault;
  };
  return first([...seen.keys()], visit);
}

// the schemas that look at the same value as this one
function besides(schema: Fields, root: Json): Json[] {
  const referred = typeof schema.$ref === "string" ? resolve(root, schema.$ref) : undefined;
  const parts = IN_PLACE.flatMap((key) => (key in schema ? below(key, schema[key] ?? null) : []));
  return [...(referred ? [referred.schema] : []), ...parts.map(([, each]) => each)];
}

function first<T>(all: readonly T[], find: (each: T) => SchemaFault | undefined): SchemaFault | undefined {
  for (const each of all) {
    const fault = find(each);
    if (fault) return fault;
  }
  return undefined;
}

function inside(schema: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(schema)) return schema[Number(key)];
  return isFields(schema) && Object.hasOwn(schema, key) ? schema[key] : undefined;
}

function unescaped(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return clip(text, 60);
}
