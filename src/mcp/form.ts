import type { Json } from "../core/message.js";
import { isFields } from "../platform/fields.js";
import { visible } from "../platform/text.js";
import type { Elicited, Field } from "./types.js";

/** The longest words of a server that a person is shown at once, in characters. */
const SHOWN = 2000;

/** A form as a server asks for it, ready to be shown: every word of it is the server's, and made visible. */
export function formOf(server: string, message: string, schema: Json): Elicited {
  const { properties = {}, required = [] } = isFields(schema) ? schema : {};
  const wanted = Array.isArray(required) ? required : [];
  const fields = Object.entries(isFields(properties) ? properties : {}).map(([name, field]) =>
    fieldOf(name, isFields(field) ? field : {}, wanted.includes(name)),
  );
  return { server, message: shown(message), fields };
}

function fieldOf(name: string, schema: { [key: string]: Json }, required: boolean): Field {
  const { type, title, description, items } = schema;
  const many = type === "array" && isFields(items);
  const options = optionsOf(many ? items : schema);
  const plain = type === "boolean" || type === "number" || type === "integer" ? type : "text";
  return {
    name,
    title: shown(typeof title === "string" ? title : name),
    about: shown(typeof description === "string" ? description : ""),
    required,
    kind: many ? "many" : options.length > 0 ? "one" : plain,
    options,
    ...(schema.default === undefined ? {} : { fallback: schema.default }),
    schema,
  };
}

// enum with enumNames, or oneOf and anyOf of const with title
function optionsOf(schema: { [key: string]: Json }): Field["options"] {
  const { enum: values, enumNames, oneOf, anyOf } = schema;
  if (Array.isArray(values)) {
    const names = Array.isArray(enumNames) ? enumNames : [];
    return values.map((value, n) => ({ value: String(value), label: shown(String(names[n] ?? value)) }));
  }
  const titled = Array.isArray(oneOf) ? oneOf : Array.isArray(anyOf) ? anyOf : [];
  return titled.flatMap((each) =>
    isFields(each) && each.const !== undefined
      ? [{ value: String(each.const), label: shown(String(each.title ?? each.const)) }]
      : [],
  );
}

function shown(words: string): string {
  return visible(words).slice(0, SHOWN);
}
