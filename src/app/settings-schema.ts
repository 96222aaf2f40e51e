import { SETTINGS, type Shape } from "./settings.js";

type JsonSchema = { readonly [key: string]: unknown };

/** The JSON Schema of settings.json, for editors: `{"$schema": "…/dist/settings.schema.json"}`. */
export function settingsSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "nanocoder settings",
    ...schemaOf(SETTINGS),
  };
}

function schemaOf(shape: Shape): JsonSchema {
  switch (shape.type) {
    case "string":
    case "boolean":
      return { type: shape.type };
    case "count":
      return { type: "integer", minimum: 1 };
    case "number":
      return { type: "number", exclusiveMinimum: 0 };
    case "one":
      return { enum: shape.of };
    case "list":
      return { type: "array", items: schemaOf(shape.of) };
    case "map":
      return { type: "object", additionalProperties: schemaOf(shape.of) };
    case "rule":
      return { anyOf: [{ type: "string", examples: ["bash(npm test *)"] }, schemaOf(shape.written)] };
    case "object":
      return {
        type: "object",
        properties: Object.fromEntries(Object.entries(shape.keys).map(([key, each]) => [key, schemaOf(each)])),
        additionalProperties: false,
        ...(shape.required && { required: shape.required }),
      };
    default:
      return {};
  }
}
