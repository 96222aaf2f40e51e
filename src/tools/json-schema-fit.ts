import type { Json } from "../core/message.js";
import type { JsonSchema } from "../core/model.js";
import { clip } from "../platform/text.js";
import { isFields, regex, resolve } from "./json-schema.js";
import { isFormat } from "./json-schema-formats.js";

type Fields = { [key: string]: Json };

/** Where the check stands: `fuel` bounds it, `path` is shown. */
type Here = { root: Json; fuel: { left: number }; path: string };
/** One keyword: what it holds, the value it looks at, the schema it stands in. Gives what is wrong, a line each. */
type Rule = (given: Json, value: Json, at: Here & { schema: Fields }) => string[];

/** Schemas that one check applies at most: the same ones may be referred to over and over. */
const FUEL = 200_000;
const SHOWN = 10;

/** What of a value does not fit a schema that `schemaFault` found nothing in: lines such as `items[0].price: must be a number`. */
export function misfits(schema: JsonSchema, value: Json): string[] {
  const fuel = { left: FUEL };
  const found = check(schema, value, { root: schema, fuel, path: "" });
  if (fuel.left <= 0) return ["(all of it): too much to check against this schema"];
  const rest = found.length - SHOWN;
  return rest > 0 ? [...found.slice(0, SHOWN), `and ${rest} more`] : found;
}

function check(schema: Json, value: Json, here: Here): string[] {
  here.fuel.left -= 1;
  if (schema === true || here.fuel.left <= 0) return [];
  if (!isFields(schema)) return [wrong(here, "must not be there")];
  return Object.entries(schema).flatMap(([key, given]) =>
    Object.hasOwn(RULES, key) ? (RULES[key]?.(given, value, { ...here, schema }) ?? []) : [],
  );
}

function wrong({ path }: Here, what: string): string {
  return `${path === "" ? "(all of it)" : path}: ${what}`;
}

function fits(schema: Json, value: Json, here: Here): boolean {
  return check(schema, value, here).length === 0;
}

function into(here: Here, key: string | number): Here {
  if (typeof key === "number") return { ...here, path: `${here.path}[${key}]` };
  if (!/^[\p{L}_$][\p{L}\d_$-]*$/u.test(key)) return { ...here, path: `${here.path}[${JSON.stringify(key)}]` };
  return { ...here, path: here.path === "" ? key : `${here.path}.${key}` };
}

function when<T extends Json>(
  is: (value: Json) => value is T,
  rule: (given: Json, value: T, at: Here & { schema: Fields }) => string[],
): Rule {
  return (given, value, at) => (is(value) ? rule(given, value, at) : []);
}

const isText = (value: Json) => typeof value === "string";
const isNumber = (value: Json) => typeof value === "number";
const isList = (value: Json): value is Json[] => Array.isArray(value);

/** A bound on a measure of a value. */
function bound<T extends Json>(
  is: (value: Json) => value is T,
  {
    measure,
    holds,
    words,
  }: {
    measure(value: T): number;
    holds(measured: number, limit: number): boolean;
    words(limit: number): string;
  },
): Rule {
  return when(is, (limit, value, at) =>
    typeof limit === "number" && !holds(measure(value), limit)
      ? [wrong(at, `${words(limit)}, not ${shown(value)}`)]
      : [],
  );
}

const least = (measured: number, limit: number) => measured >= limit;
const most = (measured: number, limit: number) => measured <= limit;
const itself = (value: number) => value;
const length = (value: string) => [...value].length;
const size = (value: Json[]) => value.length;
const width = (value: Fields) => Object.keys(value).length;

const RULES: Record<string, Rule> = {
  $ref: (ref, value, at) => check(resolve(at.root, String(ref))?.schema ?? false, value, at),
  type: (types, value, at) =>
    list(types).some((type) => isOf(value, type))
      ? []
      : [wrong(at, `must be of type ${list(types).join(" or ")}, not ${shown(value)}`)],
  enum: (values, value, at) =>
    list(values).some((each) => same(each, value))
      ? []
      : [wrong(at, `must be one of ${shown(values)}, not ${shown(value)}`)],
  const: (only, value, at) => (same(only, value) ? [] : [wrong(at, `must be ${shown(only)}, not ${shown(value)}`)]),
  minimum: bound(isNumber, { measure: itself, holds: least, words: (n) => `must be at least ${n}` }),
  maximum: bound(isNumber, { measure: itself, holds: most, words: (n) => `must be at most ${n}` }),
  exclusiveMinimum: bound(isNumber, {
    measure: itself,
    holds: (n, limit) => n > limit,
    words: (n) => `must be above ${n}`,
  }),
  exclusiveMaximum: bound(isNumber, {
    measure: itself,
    holds: (n, limit) => n < limit,
    words: (n) => `must be below ${n}`,
  }),
  multipleOf: bound(isNumber, { measure: itself, holds: isMultiple, words: (n) => `must be a multiple of ${n}` }),
  minLength: bound(isText, { measure: length, holds: least, words: (n) => `must have at least ${n} characters` }),
  maxLength: bound(isText, { measure: length, holds: most, words: (n) => `must have at most ${n} characters` }),
  minItems: bound(isList, { measure: size, holds: least, words: (n) => `must have at least ${n} items` }),
  maxItems: bound(isList, { measure: size, holds: most, words: (n) => `must have at most ${n} items` }),
  minProperties: bound(isFields, { measure: width, holds: least, words: (n) => `must have at least ${n} keys` }),
  maxProperties: bound(isFields, { measure: width, holds: most, words: (n) => `must have at most ${n} keys` }),
  pattern: when(isText, (pattern, value, at) =>
    regex(String(pattern))?.test(value) ? [] : [wrong(at, `must match ${pattern}, not ${shown(value)}`)],
  ),
  format: when(isText, (format, value, at) =>
    isFormat(String(format), value) ? [] : [wrong(at, `must be a ${format}, not ${shown(value)}`)],
  ),
  uniqueItems: when(isList, (unique, value, at) =>
    unique === true && new Set(value.map(canonical)).size < value.length
      ? [wrong(at, "must have no two equal items")]
      : [],
  ),
  prefixItems: when(isList, (schemas, value, at) => places(list(schemas), value, at)),
  items: when(isList, (schema, value, at) => {
    if (Array.isArray(schema)) return places(schema, value, at);
    return each(
      schema,
      { value, from: isList(at.schema.prefixItems ?? null) ? list(at.schema.prefixItems).length : 0 },
      at,
    );
  }),
  additionalItems: when(isList, (schema, value, at) =>
    Array.isArray(at.schema.items) ? each(schema, { value, from: at.schema.items.length }, at) : [],
  ),
  contains: when(isList, (schema, value, at) => {
    const { minContains = 1, maxContains = Number.POSITIVE_INFINITY } = at.schema;
    const found = value.filter((item, n) => fits(schema, item, into(at, n))).length;
    if (found < Number(minContains)) return [wrong(at, `must contain at least ${minContains} of ${shown(schema)}`)];
    return found > Number(maxContains) ? [wrong(at, `must contain at most ${maxContains} of ${shown(schema)}`)] : [];
  }),
  required: when(isFields, (names, value, at) =>
    list(names).flatMap((name) =>
      Object.hasOwn(value, String(name)) ? [] : [wrong(into(at, String(name)), "is missing")],
    ),
  ),
  properties: when(isFields, (schemas, value, at) =>
    Object.entries(schemas ?? {}).flatMap(([key, schema]) =>
      Object.hasOwn(value, key) ? check(schema, value[key] ?? null, into(at, key)) : [],
    ),
  ),
  patternProperties: when(isFields, (schemas, value, at) =>
    Object.entries(schemas ?? {}).flatMap(([pattern, schema]) =>
      Object.keys(value).flatMap((key) =>
        regex(pattern)?.test(key) ? check(schema, value[key] ?? null, into(at, key)) : [],
      ),
    ),
  ),
  additionalProperties: when(isFields, (schema, value, at) =>
    Object.keys(value).flatMap((key) =>
      isNamed(key, at.schema) ? [] : check(schema, value[key] ?? null, into(at, key)),
    ),
  ),
  propertyNames: when(isFields, (schema, value, at) =>
    Object.keys(value).flatMap((key) => check(schema, key, into(at, key))),
  ),
  dependentRequired: when(isFields, (map, value, at) =>
    Object.entries(map ?? {}).flatMap(([key, names]) =>
      Object.hasOwn(value, key) ? (RULES.required?.(names, value, at) ?? []) : [],
    ),
  ),
  dependentSchemas: when(isFields, (map, value, at) =>
    Object.entries(map ?? {}).flatMap(([key, schema]) => (Object.hasOwn(value, key) ? check(schema, value, at) : [])),
  ),
  allOf: (schemas, value, at) => list(schemas).flatMap((schema) => check(schema, value, at)),
  anyOf: (schemas, value, at) => {
    const all = list(schemas).map((schema) => check(schema, value, at));
    return all.some((found) => found.length === 0) ? [] : nearestOf(all, at);
  },
  oneOf: (schemas, value, at) => {
    const all = list(schemas).map((schema) => check(schema, value, at));
    const fitting = all.filter((found) => found.length === 0).length;
    if (fitting === 1) return [];
    return fitting === 0
      ? nearestOf(all, at)
      : [wrong(at, `must fit one of the ${all.length} choices only, but fits ${fitting}`)];
  },
  not: (schema, value, at) => (fits(schema, value, at) ? [wrong(at, `must not fit ${shown(schema)}`)] : []),
  if: (schema, value, at) => {
    const then = fits(schema, value, at) ? at.schema.then : at.schema.else;
    return then === undefined ? [] : check(then, value, at);
  },
};

function places(schemas: readonly Json[], value: readonly Json[], at: Here): string[] {
  return schemas.slice(0, value.length).flatMap((schema, n) => check(schema, value[n] ?? null, into(at, n)));
}

function each(schema: Json, { value, from }: { value: readonly Json[]; from: number }, at: Here): string[] {
  return value.slice(from).flatMap((item, n) => check(schema, item, into(at, from + n)));
}

// what the choice that comes nearest wants
function nearestOf(all: readonly string[][], at: Here): string[] {
  const [best = []] = all.toSorted((a, b) => a.length - b.length);
  return [wrong(at, `fits none of the ${all.length} choices; of the nearest:`), ...best.map((line) => `  ${line}`)];
}

function isNamed(key: string, { properties, patternProperties }: Fields): boolean {
  if (isFields(properties) && Object.hasOwn(properties, key)) return true;
  return Object.keys(isFields(patternProperties) ? patternProperties : {}).some((pattern) => regex(pattern)?.test(key));
}

function isOf(value: Json, type: Json): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  return type === "object" ? isFields(value) : typeof value === type;
}

function isMultiple(value: number, of: number): boolean {
  const times = value / of;
  return Math.abs(times - Math.round(times)) < 1e-9 * Math.max(1, Math.abs(times));
}

function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [value ?? null];
}

function same(a: Json, b: Json): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner: Json) =>
    isFields(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return clip(text, 80);
}
