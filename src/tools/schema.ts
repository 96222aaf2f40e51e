import type { Json } from "../core/message.js";
import type { JsonSchema } from "../core/model.js";
import type { Schema } from "../core/tool.js";
import { isFields } from "../platform/fields.js";

// A schema library costs a one-shot run a seventh of its start-up; flat arguments need this much of one.

/** One argument: how it is told to the model, and its value when what came fits; `undefined` when it does not. */
export type Argument<T> = { json: JsonSchema; wanted: string; optional: boolean; read(value: Json): T | undefined };

type Values<A> = { [K in keyof A]: A[K] extends Argument<infer T> ? T : never };

export function string(about?: string): Argument<string> {
  return argument({ type: "string" }, { about, read: (value) => (typeof value === "string" ? value : undefined) });
}

/** A whole number, also as a string of digits. */
export function whole(least: number, about?: string): Argument<number> {
  const read = (value: Json) => {
    const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    return typeof number === "number" && Number.isSafeInteger(number) && number >= least ? number : undefined;
  };
  return {
    ...argument({ type: "integer", minimum: least }, { about, read }),
    wanted: `a whole number of at least ${least}`,
  };
}

/** A number from 0 to 1, also as a string. */
export function share(): Argument<number> {
  const read = (value: Json) => {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    return typeof number === "number" && number >= 0 && number <= 1 ? number : undefined;
  };
  return { ...argument({ type: "number", minimum: 0, maximum: 1 }, { read }), wanted: "a number from 0 to 1" };
}

/** A list of words, also as one string with commas. */
export function words(): Argument<string[]> {
  const read = (value: Json) => {
    const list = typeof value === "string" ? value.split(",") : value;
    return Array.isArray(list) && list.every((each) => typeof each === "string") ? list : undefined;
  };
  return { ...argument({ type: "array", items: { type: "string" } }, { read }), wanted: "a list of words" };
}

export function boolean(about?: string): Argument<boolean> {
  const known: Record<string, boolean> = { true: true, false: false };
  return argument({ type: "boolean" }, { about, read: (value) => known[String(value)] });
}

export function oneOf<const T extends string>(values: readonly T[]): Argument<T> {
  const read = (value: Json) => values.find((each) => each === value);
  return { ...argument({ type: "string", enum: [...values] }, { read }), wanted: `one of ${values.join(", ")}` };
}

/** An object whose values are strings. */
export function strings(): Argument<Record<string, string>> {
  const json = { type: "object", additionalProperties: { type: "string" } };
  const read = (value: Json) => {
    if (!isFields(value)) return undefined;
    const kept: Record<string, string> = {};
    for (const [name, each] of Object.entries(value)) kept[name] = String(each);
    return kept;
  };
  return { ...argument(json, { read }), wanted: "an object of strings" };
}

/** A list of objects, also as a string that holds it in JSON. What one takes is told to the model but for what is optional. */
export function objects<A extends Record<string, Argument<unknown>>>(
  args: A,
  aliases: Record<string, string> = {},
): Argument<Values<A>[]> {
  const required = Object.entries(args).filter(([, each]) => !each.optional);
  const properties = Object.fromEntries(required.map(([name, { json }]) => [name, json]));
  const read = (value: Json) => {
    const list = typeof value === "string" ? parsed(value) : value;
    if (!Array.isArray(list)) return undefined;
    const all = list.map((each) => valuesOf(args, isFields(each) ? renamed(each, aliases) : {}));
    return all.every(({ wrong }) => wrong.length === 0) ? all.map(({ values }) => values) : undefined;
  };
  const json = { type: "array", items: { type: "object", properties } };
  return {
    ...argument(json, { read }),
    wanted: `a list of objects with ${required.map(([name]) => name).join(" and ")}`,
  };
}

function parsed(value: string): Json | undefined {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

export function optional<T>(inner: Argument<T>): Argument<T | undefined> {
  return { ...inner, optional: true };
}

/**
 * What a built-in tool takes. `aliases` are other names that models use for an argument. `parse` throws a
 * sentence for each argument that is missing or wrong.
 */
export function toolInput<A extends Record<string, Argument<unknown>>>(
  args: A,
  aliases: Record<string, string> = {},
): Schema<Values<A>> {
  const names = Object.entries(args);
  const properties = Object.fromEntries(names.map(([name, { json }]) => [name, json]));
  const required = names.filter(([, each]) => !each.optional).map(([name]) => name);
  return {
    json: { type: "object", properties, required },
    parse(input) {
      const fields = isFields(input) ? renamed(input, aliases) : {};
      const { wrong, values } = valuesOf(args, fields);
      if (wrong.length > 0) throw new Error(wrong.join(" "));
      return values;
    },
  };
}

function valuesOf<A extends Record<string, Argument<unknown>>>(
  args: A,
  fields: { [key: string]: Json },
): { wrong: string[]; values: Values<A> } {
  const names = Object.entries(args);
  const wrong = names.flatMap(([name, each]) => complaint(name, each, fields[name]));
  const values = names.flatMap(([name, each]) => (name in fields ? [[name, each.read(fields[name] ?? null)]] : []));
  // of use only when nothing is wrong: each value was just checked by its argument
  return { wrong, values: Object.fromEntries(values) as Values<A> };
}

type Reading<T> = { about?: string | undefined; read(value: Json): T | undefined };

function argument<T>(json: JsonSchema, { about, read }: Reading<T>): Argument<T> {
  return {
    json: about === undefined ? json : { ...json, description: about },
    wanted: `a ${json.type}`,
    optional: false,
    read,
  };
}

function complaint(
  name: string,
  { wanted, optional: free, read }: Argument<unknown>,
  value: Json | undefined,
): string[] {
  if (value === undefined) return free ? [] : [`${name} is missing (${wanted}).`];
  return read(value) === undefined ? [`${name} must be ${wanted}, not ${JSON.stringify(value).slice(0, 60)}.`] : [];
}

function renamed(input: { [key: string]: Json }, aliases: Record<string, string>): { [key: string]: Json } {
  const entries = Object.entries(input).map(([key, value]): [string, Json] => {
    const proper = aliases[key];
    return [proper !== undefined && !(proper in input) ? proper : key, value];
  });
  // some models write null for what they leave out
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}
