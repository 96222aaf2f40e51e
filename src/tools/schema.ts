import * as z from "zod/mini";
import type { Json } from "../core/message.js";
import type { JsonSchema } from "../core/model.js";
import type { Schema } from "../core/tool.js";

type Fields = { [key: string]: Json };

/**
 * What a built-in tool takes. `aliases` are other names that models use for an argument; a whole number that
 * came as a string is taken as one. `parse` throws a sentence for each argument that is wrong.
 */
export function toolInput<T>(shape: z.ZodMiniType<T>, aliases: Record<string, string> = {}): Schema<T> {
  let json: JsonSchema | undefined;
  const schema: Schema<T> = {
    get json() {
      json ??= schemaOf(shape);
      return json;
    },
    parse(input) {
      const fields = isFields(input) ? renamed(input, aliases) : {};
      const outcome = shape.safeParse(fields);
      if (outcome.success) return outcome.data;
      const again = shape.safeParse(numbered(fields, propertiesOf(schema.json)));
      if (again.success) return again.data;
      throw new Error(
        again.error.issues.map((issue) => complaint(String(issue.path[0]), fields, schema.json)).join(" "),
      );
    },
  };
  return schema;
}

function schemaOf(shape: z.ZodMiniType): JsonSchema {
  // a JSON Schema is JSON; the names of its dialect and of JavaScript's largest number help no model
  const text = JSON.stringify(z.toJSONSchema(shape, { io: "input" }), (key, value) =>
    key === "$schema" || key === "additionalProperties" || value === Number.MAX_SAFE_INTEGER ? undefined : value,
  );
  return JSON.parse(text);
}

function renamed(input: Fields, aliases: Record<string, string>): Fields {
  const entries = Object.entries(input).map(([key, value]): [string, Json] => {
    const proper = aliases[key];
    return [proper !== undefined && !(proper in input) ? proper : key, value];
  });
  // some models write null for an argument they leave out
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

function numbered(fields: Fields, properties: Fields): Fields {
  const entries = Object.entries(fields).map(([key, value]): [string, Json] => {
    const wanted = typeOf(properties[key]);
    if (wanted === "integer" && typeof value === "string" && /^-?\d+$/.test(value)) return [key, Number(value)];
    if (wanted === "boolean" && (value === "true" || value === "false")) return [key, value === "true"];
    return [key, value];
  });
  return Object.fromEntries(entries);
}

function complaint(key: string, fields: Fields, schema: JsonSchema): string {
  const property = propertiesOf(schema)[key];
  const wanted =
    isFields(property) && Array.isArray(property.enum) ? `one of ${property.enum.join(", ")}` : typeOf(property);
  const least = isFields(property) && typeof property.minimum === "number" ? ` of at least ${property.minimum}` : "";
  if (!(key in fields)) return `${key} is missing (${wanted}${least}).`;
  return `${key} must be ${wanted}${least}, not ${JSON.stringify(fields[key])?.slice(0, 60)}.`;
}

function propertiesOf(schema: JsonSchema): Fields {
  return isFields(schema.properties) ? schema.properties : {};
}

function typeOf(property: Json | undefined): string {
  return isFields(property) && typeof property.type === "string" ? property.type : "a value";
}

function isFields(value: Json | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
