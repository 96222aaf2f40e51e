import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromJSONSchema } from "zod";
import type { Json } from "../../src/core/message.js";
import type { JsonSchema } from "../../src/core/model.js";
import { schemaFault } from "../../src/tools/json-schema.js";
import { misfits } from "../../src/tools/json-schema-fit.js";

const at = (schema: Json) => {
  const fault = schemaFault(schema);
  return fault && `${fault.at.join("/")}: ${fault.why}`;
};

const CONDITION: JsonSchema = JSON.parse(
  '{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}',
);

describe("a schema", () => {
  it.each<[Json, string]>([
    [[], ": a JSON Schema is wanted here"],
    ["object", ": a JSON Schema is wanted here"],
    [{ name: "string", age: "number" }, ": this is no JSON Schema: none of its keys (name, age)"],
    [{ type: "text" }, 'type: "type" wants one of string, number'],
    [{ type: ["string", "string"] }, "type: "],
    [{ type: [] }, "type: "],
    [{ type: "object", required: "name" }, 'required: "required" wants a list of different texts, not "name".'],
    [{ properties: { a: { required: true } } }, "properties/a/required: "],
    [{ properties: [] }, 'properties: "properties" wants an object of schemas, not [].'],
    [{ properties: { a: "string" } }, "properties/a: a schema is wanted here"],
    [{ items: [{}, 1] }, "items/1: a schema is wanted here"],
    [{ anyOf: [] }, 'anyOf: "anyOf" wants a list of at least one schema'],
    [{ enum: "a" }, 'enum: "enum" wants a list'],
    [{ minLength: -1 }, 'minLength: "minLength" wants a whole number of at least 0, not -1.'],
    [{ minimum: "1" }, "minimum: "],
    [{ multipleOf: 0 }, "multipleOf: "],
    [{ pattern: "(" }, 'pattern: "pattern" wants a regular expression'],
    [{ patternProperties: { "(": {} } }, "patternProperties/(: "],
    [{ type: "object", requierd: [] }, 'requierd: "requierd" is no word of JSON Schema. Did you mean "required"?'],
    [{ type: "string", nullable: true }, 'nullable: "nullable" is not understood: write "type"'],
    [{ unevaluatedProperties: false }, "unevaluatedProperties: "],
    [{ $ref: "#/$defs/no" }, '$ref: "#/$defs/no" leads nowhere'],
    [{ $ref: "https://example.com/a.json" }, "$ref: "],
    [{ $ref: "#" }, ": this schema refers back to itself without an end."],
    [
      { $defs: { a: { $ref: "#/$defs/b" }, b: { anyOf: [{ $ref: "#/$defs/a" }] } } },
      "$defs/a: this schema refers back",
    ],
    [{ $ref: "#/more/a", more: { a: { type: "text" } } }, "more/a/type: "],
  ])("%j has a fault and a place", (schema, words) => {
    expect(at(schema)).toContain(words);
  });

  it.each<Json>([
    {},
    { type: "object", properties: { constructor: { type: "string" } }, "x-order": 1, note: "ours" },
    { $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } }, $ref: "#/$defs/node" },
    { type: "array", items: { $ref: "#" } },
    { definitions: { "a/b": true }, items: { $ref: "#/definitions/a~1b" } },
    { $schema: "http://json-schema.org/draft-07/schema#", items: [{ type: "string" }], additionalItems: false },
    { properties: { default: { default: { type: "text" } } } },
  ])("%j has none", (schema) => {
    expect(at(schema)).toBeUndefined();
  });
});

describe("a value", () => {
  it.each<[JsonSchema, Json, string[]]>([
    [{ type: "object" }, [], ["(all of it): must be of type object, not []"]],
    [{ type: ["string", "null"] }, 1, ["(all of it): must be of type string or null, not 1"]],
    [{ type: "integer" }, 1.5, ["(all of it): must be of type integer, not 1.5"]],
    [{ type: "array" }, {}, ["(all of it): must be of type array, not {}"]],
    [{ required: ["a"], properties: { a: { type: "string" } } }, {}, ["a: is missing"]],
    [{ required: ["toString"] }, {}, ["toString: is missing"]],
    [
      { properties: { "a b": { items: { minimum: 1 } } } },
      { "a b": [2, 0] },
      ['["a b"][1]: must be at least 1, not 0'],
    ],
    [{ properties: { a: {} }, additionalProperties: false }, { a: 1, b: 2 }, ["b: must not be there"]],
    [
      { patternProperties: { "^n": { type: "number" } }, additionalProperties: { type: "string" } },
      { n: "1", s: 2 },
      ['n: must be of type number, not "1"', "s: must be of type string, not 2"],
    ],
    [{ propertyNames: { maxLength: 1 } }, { ab: 1 }, ['ab: must have at most 1 characters, not "ab"']],
    [{ minProperties: 1 }, {}, ["(all of it): must have at least 1 keys, not {}"]],
    [{ maxProperties: 0 }, { a: 1 }, ['(all of it): must have at most 0 keys, not {"a":1}']],
    [{ enum: ["a", { b: 1, c: 2 }] }, { c: 2, b: 1 }, []],
    [{ enum: ["a", "b"] }, "c", ['(all of it): must be one of ["a","b"], not "c"']],
    [{ const: 1 }, 2, ["(all of it): must be 1, not 2"]],
    [{ minLength: 2 }, "😀", ['(all of it): must have at least 2 characters, not "😀"']],
    [{ pattern: "^a" }, "ba", ['(all of it): must match ^a, not "ba"']],
    [{ exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0, ["(all of it): must be above 0, not 0"]],
    [{ exclusiveMaximum: 1 }, 1, ["(all of it): must be below 1, not 1"]],
    [{ maximum: 1 }, 2, ["(all of it): must be at most 1, not 2"]],
    [{ multipleOf: 0.01 }, 0.07, []],
    [{ multipleOf: 5 }, 7, ["(all of it): must be a multiple of 5, not 7"]],
    [{ minItems: 1 }, [], ["(all of it): must have at least 1 items, not []"]],
    [{ maxItems: 1 }, [1, 2], ["(all of it): must have at most 1 items, not [1,2]"]],
    [
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      ["(all of it): must have no two equal items"],
    ],
    [
      { prefixItems: [{ type: "string" }], items: { type: "number" } },
      [1, "a"],
      ["[0]: must be of type string, not 1", '[1]: must be of type number, not "a"'],
    ],
    [{ items: [{ type: "string" }], additionalItems: false }, ["a", 1], ["[1]: must not be there"]],
    [{ contains: { type: "string" } }, [1], ['(all of it): must contain at least 1 of {"type":"string"}']],
    [
      { contains: { type: "string" }, maxContains: 1 },
      ["a", "b"],
      ['(all of it): must contain at most 1 of {"type":"string"}'],
    ],
    [{ format: "date" }, "2026-02-30", ['(all of it): must be a date, not "2026-02-30"']],
    [{ format: "date-time" }, "2026-02-28T10:00:00Z", []],
    [{ format: "date-time" }, "2026-02-28 10:00", ['(all of it): must be a date-time, not "2026-02-28 10:00"']],
    [{ format: "email" }, "nobody", ['(all of it): must be a email, not "nobody"']],
    [{ format: "unheard-of" }, "x", []],
    [{ anyOf: [{ type: "string" }, { type: "null" }] }, null, []],
    [
      { anyOf: [{ required: ["a", "b"] }, { required: ["c"] }] },
      {},
      ["(all of it): fits none of the 2 choices; of the nearest:", "  c: is missing"],
    ],
    [
      { oneOf: [{ type: "number" }, { minimum: 0 }] },
      1,
      ["(all of it): must fit one of the 2 choices only, but fits 2"],
    ],
    [{ allOf: [{ required: ["a"] }, { required: ["b"] }] }, {}, ["a: is missing", "b: is missing"]],
    [{ not: { type: "null" } }, null, ['(all of it): must not fit {"type":"null"}']],
    [CONDITION, { a: 1 }, ["b: is missing"]],
    [CONDITION, {}, ["c: is missing"]],
    [{ dependentRequired: { a: ["b"] } }, { a: 1 }, ["b: is missing"]],
    [{ dependentSchemas: { a: { required: ["b"] } } }, { a: 1 }, ["b: is missing"]],
    [
      { $defs: { n: { properties: { next: { $ref: "#/$defs/n" } }, required: ["id"] } }, $ref: "#/$defs/n" },
      { id: 1, next: {} },
      ["next.id: is missing"],
    ],
    [
      { type: "array", items: { type: "string" } },
      Array(13).fill(1),
      [...Array.from({ length: 10 }, (_, n) => `[${n}]: must be of type string, not 1`), "and 3 more"],
    ],
  ])("against %j: %j", (schema, value, lines) => {
    expect(schemaFault(schema)).toBeUndefined();
    expect(misfits(schema, value)).toEqual(lines);
  });

  it("is not checked for ever", () => {
    const twice = { anyOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/a" }] };
    const schema = { $defs: { a: { type: "array", items: twice } }, $ref: "#/$defs/a" };
    let value: Json = "deep";
    for (let n = 0; n < 60; n += 1) value = [value];
    expect(misfits(schema, value)).toEqual(["(all of it): too much to check against this schema"]);
  });

  it("is judged as another implementation judges it, where both know the words", () => {
    const leaf = fc.oneof(
      fc.record({ type: fc.constantFrom("string", "number", "integer", "boolean", "null") }),
      fc.record({ type: fc.constant("string"), minLength: fc.nat(3), maxLength: fc.nat(6) }),
      fc.record({ type: fc.constant("number"), minimum: fc.integer({ min: -3, max: 3 }) }),
      fc.record({ enum: fc.constantFrom<Json[]>([1, "a"], [null, true]) }),
    );
    const { schema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
      schema: fc.oneof(
        { depthSize: "small" },
        leaf,
        fc.record({ type: fc.constant("array"), items: tie("schema"), minItems: fc.nat(2) }),
        fc.record({
          type: fc.constant("object"),
          properties: fc.record({ a: tie("schema"), b: tie("schema") }),
          required: fc.constantFrom<string[]>(["a"], [], ["a", "b"]),
          additionalProperties: fc.boolean(),
        }),
        fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
      ),
    }));
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        fc.constantFrom<Json>(null, true, 0, 1, 2.5, -4, "", "a", "abcdefgh"),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(schema, value, (wanted, given) => {
        expect(misfits(wanted, given).length === 0).toBe(fromJSONSchema(wanted).safeParse(given).success);
      }),
      { numRuns: 3000 },
    );
  });
});
