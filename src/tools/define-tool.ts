import type { Json } from "../core/message.js";
import type { JsonSchema } from "../core/model.js";
import type { Effect, Result, Schema, Tool, ToolContext } from "../core/tool.js";

/**
 * The part of the Standard Schema and Standard JSON Schema specifications (standardschema.dev) that is used.
 *
 * @prop ~standard - What a schema library offers of itself.
 * @example
 * const sides: StandardSchema<{ sides: number }> = z.object({ sides: z.number() });
 */
export type StandardSchema<T> = {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
    readonly validate: (value: unknown) => Outcome<T> | Promise<Outcome<T>>;
    readonly jsonSchema?: { readonly input: (options: { target: "draft-2020-12" }) => Record<string, unknown> };
  };
};

type Outcome<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/**
 * What a tool is made of.
 *
 * @example
 * const now: ToolDefinition<object> = {
 *   name: "now",
 *   description: "What time it is.",
 *   input: { type: "object" },
 *   run: () => new Date().toISOString(),
 * };
 */
export type ToolDefinition<T> = {
  /** Letters, digits, `_` and `-`, at most 64. */
  name: string;
  /** Told to the model: what it does and when to use it. */
  description: string;
  /** What it takes: a Standard Schema that can say itself in JSON Schema (zod 4, for one), or plain JSON Schema. */
  input: StandardSchema<T> | JsonSchema;
  /** What a call touches; nothing when absent, so that it runs beside all others and needs no leave. */
  effect?: (input: T) => Effect;
  /** Does it; what it returns the model reads, and what it throws, as a failure. Work must end with `context.signal`. */
  run(input: T, context: ToolContext): Promise<string | Result> | string | Result;
};

/**
 * Makes a tool of a function. The input is checked before the function sees it; what it returns is what the
 * model reads; what it throws the model reads as a failure.
 *
 * @example
 * const add = defineTool({
 *   name: "add",
 *   description: "Add two numbers.",
 *   input: z.object({ a: z.number(), b: z.number() }),
 *   run: ({ a, b }) => String(a + b),
 * });
 */
export function defineTool<T>(definition: ToolDefinition<T>): Tool<T> {
  const { name, description, effect, run } = definition;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new Error(`A tool's name is 1 to 64 letters, digits, "_" or "-", not "${name}".`);
  }
  return {
    name,
    description,
    input: isStandard(definition.input) ? standard(name, definition.input) : plain<T>(definition.input),
    effect: (input) => effect?.(input) ?? { kind: "none", subjects: [] },
    run: async (input, context) => {
      const given: unknown = await run(input, context);
      if (typeof given === "string" || isResult(given)) return given;
      const what = given === null ? "null" : typeof given === "object" ? "an object without parts" : typeof given;
      throw new Error(
        `The tool ${name} gave ${what} where words or { parts: [...] } are wanted: its code is to be mended.`,
      );
    },
  };
}

function isResult(given: unknown): given is Result {
  return typeof given === "object" && given !== null && "parts" in given && Array.isArray(given.parts);
}

function isStandard<T>(schema: StandardSchema<T> | JsonSchema): schema is StandardSchema<T> {
  return "~standard" in schema;
}

function standard<T>(name: string, schema: StandardSchema<T>): Schema<T> {
  const spec = schema["~standard"];
  const json = spec.jsonSchema?.input({ target: "draft-2020-12" });
  if (json === undefined) {
    throw new Error(`The schema of ${name} (${spec.vendor}) cannot say itself in JSON Schema: pass plain JSON Schema.`);
  }
  return {
    // a JSON Schema is JSON by its definition
    json: withoutDialect(json) as JsonSchema,
    async parse(input) {
      const outcome = await spec.validate(input);
      if (outcome.issues === undefined) return outcome.value;
      throw new Error(outcome.issues.map(({ message, path }) => `${place(path)}${message}`).join("; "));
    },
  };
}

// the checker is loaded when the first call comes
function plain<T>(json: JsonSchema): Schema<T> {
  return {
    json,
    async parse(input: Json) {
      const { checkAgainst } = await import("./json-schema-check.js");
      // checked against the schema that T describes
      return checkAgainst(json, input) as T;
    },
  };
}

function withoutDialect({ $schema: _, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest;
}

function place(path: readonly unknown[] | undefined): string {
  if (path === undefined || path.length === 0) return "";
  const keys = path.map((step) =>
    typeof step === "object" && step !== null && "key" in step ? String(step.key) : String(step),
  );
  return `${keys.join(".")}: `;
}
