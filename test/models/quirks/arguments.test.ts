import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/message.js";
import { openai } from "../../../src/models/openai.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { runWith } from "./running.js";

async function given(...raws: string[]) {
  await using server = await modelServer([{ calls: raws.map((raw) => ({ name: "f", raw })) }, "Done."]);
  const { ran, events } = await runWith(openai({ baseUrl: server.url, apiKey: "k", model: "scripted" }));
  const failed = events.filter((event) => event.type === "result" && event.failed).length;
  return { inputs: ran.map(({ input }) => input), failed };
}

describe("arguments that are no JSON object", () => {
  it.each<[string, Json]>([
    ['```json\n{"a": 1}\n```', { a: 1 }],
    ['```\n{"a": "```"}\n```', { a: "```" }],
    ['{"a":1}{"a":1}', { a: 1 }],
    ['{"a":1}\n{"a": 1}\n{"a":1}', { a: 1 }],
    ['{"a": [1, 2,], "b": {"c": 3,},}', { a: [1, 2], b: { c: 3 } }],
    ['{"a": "one\ntwo\tthree"}', { a: "one\ntwo\tthree" }],
    ['"{\\"a\\": \\"x\\"}"', { a: "x" }],
    ['{"a": True, "b": False, "c": None, "d": "True"}', { a: true, b: false, c: null, d: "True" }],
    ["{'a': 'x', 'b': [1, 'y']}", { a: "x", b: [1, "y"] }],
    [`{'a': "it's", 'b': 'say "hi"', 'c': 'it\\'s'}`, { a: "it's", b: 'say "hi"', c: "it's" }],
  ])("reads %s", async (raw, input) => {
    expect(await given(raw)).toEqual({ inputs: [input], failed: 0 });
  });

  it.each([
    '{"a": "cut of',
    '{"a": 1',
    '{"a": 1,',
    '{"a": [1, 2}',
    '```json\n{"a": "cut\n```',
    '{"a":1}{"a":2}',
    '{"a":1}{"a":',
    "{'a': 'it's'}",
    "{'a': 'x\\', 'b': 'y'}",
    '{"a": "say "hi""}',
    '"{\\"a\\": 1"',
    '{"a": 1} and more',
    '{"a": "one \\\ntwo"}',
    '{"a": "one \\\ttwo"}',
    "{,}",
    "[1]",
    "7",
    "{a: 1}",
  ])("guesses nothing about %s: nothing runs, and the model is told", async (raw) => {
    expect(await given(raw)).toEqual({ inputs: [], failed: 1 });
  });

  it("never makes something of arguments that were cut off", async () => {
    const value = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.array(fc.string())), {
      minKeys: 1,
    });
    const { mended } = await import("../../../src/models/mend-arguments.js");
    fc.assert(
      fc.property(value, fc.double({ min: 0, max: 1, noNaN: true }), (input, share) => {
        const whole = JSON.stringify(input);
        const cut = whole.slice(0, Math.floor(share * (whole.length - 1)));
        expect(mended(cut)).toBeUndefined();
        expect(mended(`\`\`\`json\n${cut}\n\`\`\``)).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});
