import { describe, expect, it } from "vitest";
import { callsIn, type Message, text } from "../../src/core/message.js";
import { ModelError } from "../../src/core/model.js";
import { anthropic } from "../../src/models/anthropic.js";
import { type Answering, answering, ask, failure, sse, take, user } from "./answering.js";

const START = {
  type: "message_start",
  message: { model: "claude-x", usage: { input_tokens: 9, cache_read_input_tokens: 4 } },
};
const STOP = [
  {
    type: "message_delta",
    delta: { stop_reason: "end_turn" },
    usage: { output_tokens: 5, cache_creation_input_tokens: 2 },
  },
  { type: "message_stop" },
];
const block = (index: number, opened: object, ...deltas: readonly object[]) => [
  { type: "content_block_start", index, content_block: opened },
  ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
  { type: "content_block_stop", index },
];
const HELLO = sse(START, ...block(0, { type: "text", text: "" }, { type: "text_delta", text: "hello" }), ...STOP);
const at = (server: Answering, more = {}) => anthropic({ baseUrl: server.url, apiKey: "k", model: "m", ...more });

type Body = { max_tokens: number; messages: { role: string; content: Block[] }[] };
type Block = { type: string; text?: string; id?: string; tool_use_id?: string };
const bodyOf = (server: Answering, n = 0): Body => JSON.parse(server.requests[n]?.body ?? "");
const sent = async (messages: readonly Message[]) => {
  await using server = await answering(HELLO);
  await take(at(server), ask(messages));
  return bodyOf(server).messages.map(({ role, content }) => [role, content.map((part) => part.text ?? part.type)]);
};

describe("the answer", () => {
  it("keeps each thinking block with its signature, and what is redacted", async () => {
    await using server = await answering(
      sse(
        START,
        { type: "ping" },
        ...block(
          0,
          { type: "thinking", thinking: "", signature: "" },
          { type: "thinking_delta", thinking: "hm" },
          { type: "signature_delta", signature: "s1" },
        ),
        ...block(1, { type: "redacted_thinking", data: "xyz" }),
        ...block(2, { type: "thinking", thinking: "so" }, { type: "signature_delta", signature: "s2" }),
        ...block(3, { type: "text", text: "" }, { type: "text_delta", text: "hello" }),
        ...block(
          4,
          { type: "tool_use", id: "t", name: "f", input: {} },
          { type: "input_json_delta", partial_json: "" },
          { type: "input_json_delta", partial_json: '{"a":1}' },
        ),
        ...STOP,
      ),
    );
    const { reply, deltas } = await take(at(server));
    const opaque = { wire: "anthropic", host: new URL(server.url).host };
    expect(reply).toEqual({
      parts: [
        { type: "thinking", text: "hm", opaque: { ...opaque, signature: "s1" } },
        { type: "thinking", text: "", opaque: { ...opaque, data: "xyz" } },
        { type: "thinking", text: "so", opaque: { ...opaque, signature: "s2" } },
        text("hello"),
        { type: "call", id: "t", name: "f", input: { a: 1 } },
      ],
      stop: "calls",
      model: "claude-x",
      usage: { input: 9, output: 5, cacheRead: 4, cacheWrite: 2 },
    });
    expect(deltas.map(({ type }) => type)).toEqual(["thinking", "text", "call"]);
    await take(
      at(server),
      ask([
        user("hi"),
        { role: "assistant", parts: reply.parts },
        { role: "tool", callId: "t", parts: [], failed: false },
      ]),
    );
    expect(bodyOf(server, 1).messages[1]?.content.slice(0, 3)).toEqual([
      { type: "thinking", thinking: "hm", signature: "s1" },
      { type: "redacted_thinking", data: "xyz" },
      { type: "thinking", thinking: "so", signature: "s2" },
    ]);
  });

  it("may come in one piece", async () => {
    const content = [
      { type: "thinking", thinking: "hm", signature: "s" },
      { type: "text", text: "hello" },
      { type: "tool_use", id: "t", name: "f", input: { a: 1 } },
    ];
    await using server = await answering((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        JSON.stringify({
          type: "message",
          model: "claude-x",
          content,
          stop_reason: "tool_use",
          usage: { input_tokens: 3, output_tokens: 1 },
        }),
      );
    });
    const { reply, deltas } = await take(at(server));
    expect(reply).toMatchObject({ stop: "calls", model: "claude-x", usage: { input: 3, output: 1 } });
    expect(reply.parts).toMatchObject([
      { text: "hm", opaque: { signature: "s" } },
      text("hello"),
      { id: "t", input: { a: 1 } },
    ]);
    expect(deltas.map(({ type }) => type)).toEqual(["thinking", "text", "call"]);
  });

  it.each<[string, boolean, readonly object[]]>([
    ["cut off", true, [START, ...block(0, { type: "text", text: "a" }), STOP[0] ?? {}]],
    ["Overloaded", true, [START, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }]],
    ["too long", false, [{ type: "error", error: { type: "invalid_request_error", message: "prompt is too long" } }]],
    [
      "cut off",
      true,
      [{}, { type: "content_block_delta", index: 7, delta: { text: "x" } }, { type: "content_block_stop" }],
    ],
  ])("that is %s is none (transient: %s)", async (words, transient, events) => {
    await using server = await answering(sse(...events));
    const error = await failure(at(server));
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ transient, message: expect.stringContaining(words) });
  });

  it.each([
    ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', "Overloaded"],
    ['{"fine":true}', "Check the base URL"],
  ])("%s with status 200 is none", async (body, words) => {
    await using server = await answering((_, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(body);
    });
    expect((await failure(at(server))).message).toContain(words);
  });

  it("in one piece tells its limit too", async () => {
    await using server = await answering((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end('{"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"max_tokens"}');
    });
    expect((await take(at(server))).reply).toMatchObject({ stop: "length", parts: [text("a")] });
  });

  it("is cut at its limit", async () => {
    const events = block(0, { type: "text", text: "a" });
    const limit = { type: "message_delta", delta: { stop_reason: "max_tokens" } };
    await using server = await answering(sse(START, ...events, limit, { type: "message_stop" }));
    expect((await take(at(server))).reply.stop).toBe("length");
  });
});

describe("the request", () => {
  const opaque = (server: Answering) => ({ wire: "anthropic", host: new URL(server.url).host, signature: "s" });

  it("joins turns of one side, and drops the thinking of all but the first", async () => {
    await using server = await answering(HELLO);
    const thinking = { type: "thinking", text: "hm", opaque: opaque(server) } as const;
    const turn = (words: string): Message => ({ role: "assistant", parts: [thinking, text(words)] });
    await take(at(server), ask([user("1"), turn("a \n"), turn("b"), user("2"), user("3")]));
    expect(
      bodyOf(server).messages.map(({ role, content }) => [role, content.map((part) => part.text ?? part.type)]),
    ).toEqual([
      ["user", ["1"]],
      ["assistant", ["thinking", "a", "b"]],
      ["user", ["2", "3"]],
    ]);
  });

  it("holds no turn that is nothing but thinking, and none that ends in it", async () => {
    await using server = await answering(HELLO);
    const thinking = { type: "thinking", text: "hm", opaque: opaque(server) } as const;
    await take(at(server), ask([user("1"), { role: "assistant", parts: [thinking, text(" ")] }, user("2")]));
    await take(at(server), ask([user("1"), { role: "assistant", parts: [text("a"), thinking] }, user("2")]));
    expect(bodyOf(server, 0).messages).toHaveLength(1);
    expect(bodyOf(server, 1).messages[1]?.content).toEqual([{ type: "text", text: "a" }]);
  });

  it("puts results before the words that follow them, in one message", async () => {
    const calls = ["a", "b"].map((id) => ({ type: "call", id, name: "f", input: {} }) as const);
    const results = ["a", "b"].map((callId): Message => ({ role: "tool", callId, parts: [], failed: false }));
    expect(await sent([user("1"), { role: "assistant", parts: calls }, ...results, user("2")])).toEqual([
      ["user", ["1"]],
      ["assistant", ["tool_use", "tool_use"]],
      ["user", ["tool_result", "tool_result", "2"]],
    ]);
  });

  it("says in words what image it cannot send", async () => {
    expect(await sent([{ role: "user", parts: [{ type: "image", mime: "image/svg+xml", data: "PA==" }] }])).toEqual([
      ["user", ["(an image of type image/svg+xml, which cannot be shown here)"]],
    ]);
  });

  it.each([
    ["claude-sonnet-4-5", {}, {}, 32_000],
    ["claude-3-5-haiku-20241022", {}, {}, 8192],
    ["unheard-of", {}, {}, 8192],
    ["unheard-of", { maxOutput: 50_000 }, {}, 50_000],
    ["unheard-of", { maxOutput: 50_000 }, { maxOutput: 7 }, 7],
  ])("limits the output of %s (%o, %o) to %i", async (model, endpoint, request, most) => {
    await using server = await answering(HELLO);
    await take(at(server, { model, ...endpoint }), ask([user("hi")], request));
    expect(bodyOf(server).max_tokens).toBe(most);
  });

  it("leaves out a temperature that the model refuses, and remembers it", async () => {
    await using server = await answering((seen, response) => {
      if (!seen.body.includes('"temperature"')) return HELLO(seen, response);
      response.writeHead(400, { "content-type": "application/json" });
      response.end(
        '{"type":"error","error":{"type":"invalid_request_error","message":"temperature is deprecated for this model"}}',
      );
    });
    const model = at(server, { temperature: 0 });
    await take(model);
    await take(model);
    expect(server.requests).toHaveLength(3);
  });

  it("names the variable of the key that was refused", async () => {
    await using server = await answering((_, response) => void response.writeHead(401).end());
    expect((await failure(at(server))).message).toContain("check ANTHROPIC_API_KEY");
    expect((await failure(at(server, { authToken: "t" }))).message).toContain("check ANTHROPIC_AUTH_TOKEN");
    const bare = anthropic({ baseUrl: server.url, model: "m" });
    await failure(bare);
    expect(server.requests[2]?.headers).not.toHaveProperty("x-api-key");
  });

  it("gives each call one id, the same for its result", async () => {
    await using server = await answering(HELLO);
    const ids = ["call:1", "call 1", "x".repeat(100), ""];
    const parts = ids.map((id) => ({ type: "call", id, name: "f", input: {} }) as const);
    const results = ids.map((callId): Message => ({ role: "tool", callId, parts: [], failed: false }));
    await take(at(server), ask([user("1"), { role: "assistant", parts }, ...results]));
    const blocks = bodyOf(server).messages.flatMap(({ content }) => content);
    const used = blocks.flatMap(({ id }) => id ?? []);
    expect(new Set(used).size).toBe(callsIn(parts).length);
    expect(blocks.flatMap(({ tool_use_id }) => tool_use_id ?? [])).toEqual(used);
    for (const id of used) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });
});
