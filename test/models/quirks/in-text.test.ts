import { describe, expect, it } from "vitest";
import { callsIn, plainText } from "../../../src/core/message.js";
import { openai } from "../../../src/models/openai.js";
import type { Turn } from "../../../src/models/scripted/script.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { answering, ask, chunk, sse, take } from "../answering.js";

const CALL = '{"name": "f", "arguments": {"a": 1}}';
const TAG = `<tool_call>\n${CALL}\n</tool_call>`;
const FENCE = `\`\`\`json\n${CALL}\n\`\`\``;

async function said(turn: string | Turn, tools = ask().tools) {
  await using server = await modelServer([turn]);
  const model = openai({ baseUrl: server.url, apiKey: "k", model: "scripted" });
  const { deltas, reply } = await take(model, ask(undefined, { tools }));
  const shown = deltas.map((delta) => (delta.type === "text" ? delta.text : "")).join("");
  expect(shown).toBe(plainText(reply.parts));
  return { text: shown, calls: callsIn(reply.parts).map(({ name, input }) => [name, input]), stop: reply.stop };
}

describe("a call written as text", () => {
  it.each([
    ["in a tag", TAG, ""],
    ["after words", `I look.\n\n${TAG}\n`, "I look.\n\n"],
    ["without the end of its tag", `I look.\n<tool_call>${CALL}`, "I look.\n"],
    ["with parameters for arguments", '<tool_call>{"name":"f","parameters":{"a":1}}</tool_call>', ""],
    ["with arguments that are text", '<tool_call>{"name":"f","arguments":"{\\"a\\":1}"}</tool_call>', ""],
    ["in a fence, as all there is", FENCE, ""],
    ["in a fence, at the end", `So I call it:\n\n${FENCE}\n`, "So I call it:\n\n"],
    ["as a function", "<function=f>\n<parameter=a>1</parameter>\n</function>", ""],
    ["with a wrapper", `\`\`\`json\n{"type":"function","function":${CALL}}\n\`\`\``, ""],
    [
      "after an example",
      `Like\n\`\`\`json\n{"name": "x"}\n\`\`\`\nthat.\n${TAG}`,
      'Like\n```json\n{"name": "x"}\n```\nthat.\n',
    ],
  ])("%s is a call", async (_, text, left) => {
    const schema = { type: "object", properties: { a: { type: "integer" } } };
    const tools = [{ name: "f", description: "f", schema }];
    for (const size of [1, 10_000]) {
      expect(await said({ text, chunk: size }, tools)).toEqual({ text: left, calls: [["f", { a: 1 }]], stop: "calls" });
    }
  });

  it("may be several", async () => {
    const { calls } = await said(`${TAG}\n${TAG.replace("1", "2")}\n`);
    expect(calls).toEqual([
      ["f", { a: 1 }],
      ["f", { a: 2 }],
    ]);
  });

  it.each([
    ["a tool that was not offered", TAG.replace('"f"', '"other"')],
    ["words after a tag", `${TAG}\nis how a call looks.`],
    ["words after a fence", `${FENCE}\nwould call it.`],
    ["words between", `${TAG}\nand then\n${TAG.replace("</tool_call>", "")} x`],
    ["a tag in a sentence", `Write ${TAG.replaceAll("\n", "")}`],
    ["inline code", `Write \`${TAG.replaceAll("\n", "")}\``],
    ["a fenced example of a tag", `Like so:\n\`\`\`\n${TAG}\n\`\`\``],
    ["an example in a fence that is left open", `Like so:\n\`\`\`\n${TAG}`],
    ["an example with its language", `Like so:\n\`\`\`xml\n${TAG}\n\`\`\`\n`],
    ["JSON that does not parse", '<tool_call>{"name": "f", "arguments": {"a": }}</tool_call>'],
    ["no arguments", '```json\n{"name": "f"}\n```'],
    ["a file", '```json\n{"name": "f", "version": "1.0.0"}\n```'],
    ["a tag that was cut off", '<tool_call>\n{"name": "f", "arguments": {"a": 1'],
    ["half a tag", "a\n<tool_c"],
    ["other tags and fences", "<div>\n```ts\nlet a;\n```\n``\n<tool>\n```"],
  ])("%s stays text", async (_, text) => {
    for (const size of [1, 10_000]) expect(await said({ text, chunk: size })).toEqual({ text, calls: [], stop: "end" });
  });

  it("is text beside real calls, where it stood", async () => {
    const real = chunk({ tool_calls: [{ index: 0, id: "x", function: { name: "f", arguments: '{"b":2}' } }] });
    const written = chunk({ content: TAG });
    for (const [first, second] of [
      [real, written],
      [written, real],
    ] as const) {
      await using server = await answering(sse(first, second, chunk({}, "tool_calls"), "[DONE]"));
      const { reply } = await take(openai({ baseUrl: server.url, model: "m" }));
      const types = reply.parts.map(({ type }) => type);
      expect(types).toEqual(first === real ? ["call", "text"] : ["text", "call"]);
      expect(plainText(reply.parts)).toBe(TAG);
    }
  });

  it("is text that is not held back where no tools were offered", async () => {
    await using server = await modelServer([{ text: TAG.slice(0, 20), hold: 60_000 }]);
    const model = openai({ baseUrl: server.url, apiKey: "k", model: "scripted" });
    const stop = new AbortController();
    const stream = model.stream(ask(undefined, { tools: [] }), stop.signal);
    expect((await stream.next()).value).toMatchObject({ type: "text", text: TAG.slice(0, 20) });
    stop.abort();
    await expect(stream.next()).rejects.toThrow();
  });

  it("lets words through as they come, an example once it is over", async () => {
    await using server = await modelServer([{ text: `Hello\n${FENCE}\nis an example.\nMore`, hold: 60_000 }]);
    const model = openai({ baseUrl: server.url, apiKey: "k", model: "scripted" });
    const stop = new AbortController();
    const stream = model.stream(ask(), stop.signal);
    expect((await stream.next()).value).toMatchObject({ type: "text", text: `Hello\n${FENCE}\nis an example.\nMore` });
    stop.abort();
    await expect(stream.next()).rejects.toThrow();
  });
});
