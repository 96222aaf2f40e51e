import { readFileSync } from "node:fs";
import type { Json } from "../core/message.js";
import type { JsonSchema } from "../core/model.js";
import { fileReason } from "../platform/files.js";
import { schemaFault } from "../tools/json-schema.js";
import { jsonFault, lineAndColumn, placeOf } from "./json-fault.js";
import { UsageError } from "./usage-error.js";

/** In bytes: the schema is told to the model. */
const MOST = 100_000;

/** Reads the file of `--output-schema`; throws a UsageError with its place when it is no JSON Schema. */
export function readSchemaFile(path: string): JsonSchema {
  const text = slurp(path);
  const schema = parse(path, text);
  const fault = schemaFault(schema);
  if (fault || typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    const { at, why } = fault ?? { at: [], why: "a JSON Schema is wanted here." };
    throw new UsageError(`--output-schema: ${path}:${lineAndColumn(text, placeOf(text, at))}: ${why}`);
  }
  return schema;
}

function slurp(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    throw new UsageError(`--output-schema: ${path} cannot be read: ${fileReason(error)}.`);
  }
  if (Buffer.byteLength(text) > MOST)
    throw new UsageError(
      `--output-schema: ${path} is larger than ${MOST / 1000} kB: leave out what the answer does not need.`,
    );
  return text;
}

function parse(path: string, text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    const { at, expected } = jsonFault(text);
    throw new UsageError(
      `--output-schema: ${path}:${lineAndColumn(text, at)}: this is not JSON: ${expected} is wanted here.`,
    );
  }
}
