import { describe, expect, it } from "vitest";
import { type Fact, NO_USAGE } from "../../src/core/event.js";
import { memoryLog } from "../../src/core/log.js";
import { OUTPUT, outputIn } from "../../src/plugins/answer.js";
import { jsonIn } from "../../src/plugins/json-in.js";

const NONE = { why: "is not JSON" };

describe("the JSON of an answer", () => {
  it.each([
    ['{"a":1}', '{"a":1}'],
    ['  \ufeff{"a": 1}\n', '{"a": 1}'],
    ["null", "null"],
    ['"words"', '"words"'],
    ['Here:\n```json\n{"a":1}\n```\nDone.', '{"a":1}'],
    ["```\n[1,\n2]\n```", "[1,\n2]"],
    ['~~~json\n{"a":"```"}\n~~~', '{"a":"```"}'],
    ["```sh\nls\n```\nso\n```json\n{}\n```", "{}"],
    ['The result is {"a":"}"} as you see.', '{"a":"}"}'],
    ['Mind [sic] the answer: {"a":[1,{"b":2}]}', '{"a":[1,{"b":2}]}'],
  ])("of %j is %j", (answer, text) => {
    expect(jsonIn(answer)).toEqual({ text, value: JSON.parse(text) });
  });

  it.each([
    "",
    "no JSON here",
    "the number 42",
    '{"a":1',
    "{'a':1}",
    '{"a":1,}',
    '{"a":1e999}',
    `${"[".repeat(300)}${"]".repeat(300)}`,
  ])("is not in %j", (answer) => {
    expect(jsonIn(answer)).toEqual(NONE);
  });

  it("is one, not the first of many", () => {
    expect(jsonIn('{"a":1} or {"a":2}')).toEqual({ why: "holds 2 JSON values, and one is wanted" });
    expect(jsonIn("```json\n1\n```\n```json\n2\n```")).toEqual({ why: "holds 2 JSON values, and one is wanted" });
  });

  it("is looked for within bounds", () => {
    const began = performance.now();
    expect(jsonIn("[".repeat(400_000))).toEqual(NONE);
    expect(jsonIn("{x".repeat(200_000))).toEqual(NONE);
    expect(performance.now() - began).toBeLessThan(3000);
  });
});

describe("what fitted", () => {
  it("counts until the model answers again", () => {
    const log = memoryLog();
    const reply: Fact = { type: "reply", parts: [], stop: "end", model: "m", usage: NO_USAGE };
    expect(outputIn(log.events)).toBeUndefined();
    log.append({ type: "note", text: "a schema", by: OUTPUT });
    log.append(reply);
    expect(outputIn(log.events)).toBeNull();
    log.append({ type: "state", key: OUTPUT, value: "{}" });
    expect(outputIn(log.events)).toBe("{}");
    log.append(reply);
    expect(outputIn(log.events)).toBeNull();
  });
});
