import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Call, Json, Message, ReplyPart, UserPart } from "../../src/core/message.js";
import { callsIn } from "../../src/core/message.js";
import { anthropic } from "../../src/models/anthropic.js";
import { openai } from "../../src/models/openai.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { ask, take, user } from "./answering.js";

// what a log can hold after years, other providers and crashes
const words = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", " ", "\n\t", "\ud800", "a\udc00b", "\0", "\\ud800", "\u2028", "ends \n", "<think>"),
);
const image = fc.record({
  type: fc.constant("image" as const),
  mime: fc.constantFrom("image/png", "image/svg+xml", "text/plain"),
  data: fc.constant("iVBORw0KGgo="),
});
const spoken: fc.Arbitrary<UserPart> = fc.oneof(
  words.map((text) => ({ type: "text" as const, text })),
  image,
);
const opaque: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>("x", { wire: "anthropic", host: "elsewhere", signature: "s" }, { wire: "openai", host: "h" }),
  fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
);
const thinking: fc.Arbitrary<ReplyPart> = fc
  .record({ text: words, opaque })
  .map((part) => ({ type: "thinking" as const, ...part }));
const input = fc.oneof(
  fc.dictionary(words, words, { maxKeys: 3 }),
  fc.constantFrom<Json>(null, [1], "text", { deep: [{ "\ud800": "\udc00\0" }] }),
);
const call: fc.Arbitrary<Call> = fc
  .record({ id: fc.oneof(words, fc.constant("x".repeat(90))), name: words, input })
  .map((made) => ({ type: "call" as const, ...made }));
const reply = fc.array(
  fc.oneof({ weight: 3, arbitrary: words.map((text) => ({ type: "text" as const, text })) }, thinking, {
    weight: 2,
    arbitrary: call,
  }),
  { maxLength: 5 },
);
const turn = fc.oneof(
  fc.array(spoken, { maxLength: 3 }).map((parts): Message[] => [{ role: "user", parts }]),
  fc
    .tuple(reply, fc.array(spoken, { maxLength: 2 }), fc.boolean())
    .map(([parts, result, failed]) => answered(parts, result, failed)),
);

// as the core gives it: ids are unique, each call is followed by its result
function answered(parts: readonly ReplyPart[], result: readonly UserPart[], failed: boolean): Message[] {
  const ids = new Set<string>();
  const known = parts.filter((part) => part.type !== "call" || (!ids.has(part.id) && ids.add(part.id)));
  const results = callsIn(known).map(({ id }): Message => ({ role: "tool", callId: id, parts: result, failed }));
  return [{ role: "assistant", parts: known }, ...results];
}

describe.each([
  ["openai", openai],
  ["anthropic", anthropic],
])("the %s wire", (_, wire) => {
  it("makes a request that the strict server takes of any history", async () => {
    await using server = await modelServer(() => "ok");
    const model = wire({ baseUrl: server.url, apiKey: "k", model: "m" });
    await fc.assert(
      fc.asyncProperty(
        fc.array(turn, { maxLength: 6 }),
        fc.oneof(words, fc.constant("be good")),
        async (turns, system) => {
          await take(model, ask([...turns.flat(), user("go on")], { system }));
        },
      ),
      { numRuns: 150 },
    );
    expect(server.refusals).toEqual([]);
    expect(server.requests.filter(({ raw }) => raw.includes("\\u0000"))).toEqual([]);
  });

  it("renders each message and each list of tools once", async () => {
    let read = 0;
    const seldom = <T extends object>(value: T, field: keyof T): T => {
      const held = value[field];
      return Object.defineProperty({ ...value }, field, {
        get: () => {
          read += 1;
          return held;
        },
      });
    };
    await using server = await modelServer(() => "ok");
    const model = wire({ baseUrl: server.url, apiKey: "k", model: "m" });
    const messages = [
      seldom(user("hi"), "parts"),
      seldom<Message>({ role: "assistant", parts: [{ type: "text", text: "a" }] }, "parts"),
    ];
    const tools = [seldom({ name: "f", description: "f", schema: {} }, "schema")];
    await take(model, ask([...messages, user("1")], { tools }));
    const once = read;
    await take(model, ask([...messages, user("2")], { tools }));
    expect(once).toBeGreaterThan(2);
    expect(read).toBe(once);
  });
});
