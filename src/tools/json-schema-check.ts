import { fromJSONSchema, prettifyError } from "zod";
import type { Json } from "../core/message.js";
import type { JsonSchema } from "../core/model.js";

/** Checks a value against a JSON Schema; throws what is wrong, a line for each place. */
export function checkAgainst(schema: JsonSchema, value: Json): unknown {
  const outcome = fromJSONSchema(schema).safeParse(value);
  if (outcome.success) return outcome.data;
  throw new Error(prettifyError(outcome.error));
}
