import { describe, expect, it } from "vitest";
import { callsIn, type Message, plainText, text } from "../../src/core/message.js";
import { ModelError, type Reply } from "../../src/core/model.js";
import { openai } from "../../src/models/openai.js";
import { answering, ask, chunk, failure, sse, take, user } from "./answering.js";

type Piece = { index?: number; id?: string; function?: { name?: string; arguments?: string | null | object } };

const replyTo = async (...lines: readonly (string | object)[]): Promise<Reply> => {
  await using server = await answering(sse(...lines));
  return (await take(openai({ baseUrl: server.url, model: "m" }))).reply;
};
const callsOf = async (...pieces: readonly Piece[]) => {
  const lines = pieces.map((piece) => chunk({ tool_calls: [piece] }));
  const reply = await replyTo(...lines, chunk({}, "tool_calls"), "[DONE]");
  return callsIn(reply.parts).map(({ name, input, malformed }) => [name, malformed ?? input]);
};
const piece = (index: number | undefined, id: string | undefined, name?: string, args?: string | null): Piece => ({
  ...(index === undefined ? {} : { index }),
  ...(id === undefined ? {} : { id }),
  function: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { arguments: args }) },
});

describe("calls of compatible endpoints", () => {
  const two = [
    ["f", { a: 1 }],
    ["g", { b: 2 }],
  ];
  const none = undefined;
  it.each<[string, Piece[]]>([
    ["as OpenAI does", [piece(0, "x", "f", '{"a"'), piece(0, none, none, ":1}"), piece(1, "y", "g", '{"b":2}')]],
    ["without ids", [piece(0, none, "f", '{"a"'), piece(0, none, none, ":1}"), piece(1, none, "g", '{"b":2}')]],
    ["id in the last piece", [piece(0, none, "f", '{"a":'), piece(0, "x", none, "1}"), piece(1, "y", "g", '{"b":2}')]],
    ["id in each piece", [piece(0, "x", "f", '{"a":'), piece(0, "x", none, "1}"), piece(1, "y", "g", '{"b":2}')]],
    [
      "without an index, with ids",
      [piece(none, "x", "f", '{"a":'), piece(none, "x", "", "1}"), piece(none, "y", "g", '{"b":2}')],
    ],
    [
      "without index and id",
      [piece(none, none, "f", '{"a":'), piece(none, none, none, "1}"), piece(none, none, "g", '{"b":2}')],
    ],
    ["index from 1", [piece(1, "x", "f", '{"a":1}'), piece(2, "y", "g", '{"b":2}')]],
    ["all with index 0", [piece(0, "x", "f", '{"a":1}'), piece(0, "y", "g", '{"b":2}')]],
    ["all with index 0 and no id", [piece(0, none, "f", '{"a":1}'), piece(0, none, "g", '{"b":2}')]],
    [
      "name in each piece",
      [piece(0, "x", "f", '{"a":'), piece(0, "x", "f", "1}"), piece(0, "x", "f", ""), piece(1, "y", "g", '{"b":2}')],
    ],
    [
      "interleaved by index",
      [
        piece(0, "x", "f", '{"a":'),
        piece(1, "y", "g", '{"b":'),
        piece(0, none, none, "1}"),
        piece(1, none, none, "2}"),
      ],
    ],
    [
      "interleaved by id",
      [
        piece(none, "x", "f", '{"a":'),
        piece(none, "y", "g", '{"b":'),
        piece(none, "x", none, "1}"),
        piece(none, "y", none, "2}"),
      ],
    ],
    [
      "sent whole once more at the end",
      [piece(0, "x", "f", '{"a":1}'), piece(1, "y", "g", '{"b":2}'), piece(0, "x", none, "")],
    ],
  ])("%s", async (_, pieces) => {
    expect(await callsOf(...pieces)).toEqual(two);
  });

  it("takes several calls in one chunk, an object as arguments, and none at all", async () => {
    const reply = await replyTo(
      chunk({
        tool_calls: [
          { function: { name: "f", arguments: { a: 1 } } },
          { function: { name: "g", arguments: '{"b":2}' } },
        ],
      }),
      chunk({ tool_calls: [piece(2, "z", "h", null)] }),
      chunk({}, "stop"),
    );
    expect(callsIn(reply.parts).map(({ id, name, input }) => [id, name, input])).toEqual([
      ["call_0", "f", { a: 1 }],
      ["call_1", "g", { b: 2 }],
      ["z", "h", {}],
    ]);
    expect(reply.stop).toBe("calls");
  });

  it("gives two calls of one id two ids", async () => {
    const lines = [piece(0, "x", "f", "{}"), piece(1, "x", "g", "{}")].map((each) => chunk({ tool_calls: [each] }));
    const reply = await replyTo(...lines, chunk({}, "tool_calls"));
    expect(callsIn(reply.parts).map(({ id }) => id)).toEqual(["x", "call_1"]);
  });

  it("is not misled by braces in strings", async () => {
    expect(
      await callsOf(piece(0, "x", "f", '{"a":"}'), piece(0, none, none, '\\"{"'), piece(0, none, none, "}")),
    ).toEqual([["f", { a: '}"{' }]]);
  });

  it("starts a call before the stream goes on, and objects to more of it afterwards", async () => {
    await using server = await answering((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify(chunk({ tool_calls: [piece(0, "x", "f", '{"a":1}')] }))}\n\n`);
      response.write("", () => undefined);
      go = () => response.end(`data: ${JSON.stringify(chunk({ tool_calls: [piece(0, none, none, ',"b":2}')] }))}\n\n`);
    });
    let go = () => {};
    const stream = openai({ baseUrl: server.url, model: "m" }).stream(ask(), new AbortController().signal);
    expect((await stream.next()).value).toMatchObject({ type: "call", call: { id: "x", input: { a: 1 } } });
    go();
    await expect(stream.next()).rejects.toThrow("more arguments after a complete call");
  });
});

describe("words of compatible endpoints", () => {
  it("reads thinking from each field it may stand in, and marks whose it is", async () => {
    const [own, other, pieces] = await Promise.all([
      replyTo(chunk({ reasoning_content: "a" }), chunk({ reasoning_content: "b" }), chunk({ content: "c" }, "stop")),
      replyTo(chunk({ reasoning: "a" }), chunk({ content: "c" }, "stop")),
      replyTo(
        chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "a" }] }, { text: "c" }] }, "stop"),
      ),
    ]);
    expect(own.parts).toMatchObject([
      { type: "thinking", text: "ab", opaque: { field: "reasoning_content" } },
      text("c"),
    ]);
    expect(other.parts).toMatchObject([{ type: "thinking", text: "a", opaque: { field: "reasoning" } }, text("c")]);
    expect(pieces.parts).toEqual([{ type: "thinking", text: "a" }, text("c")]);
  });

  it.each([
    ["<thin", "<thin"],
    ["a <think>b</think>", "a <think>b</think>"],
    ["<think>only", ""],
  ])("keeps %j as text where it is text", async (content, words) => {
    expect(plainText((await replyTo(chunk({ content }, "stop"))).parts)).toBe(words);
  });

  it("reads CRLF, comments, a byte at a time, and a last event without its blank line", async () => {
    const all = `: hello\r\n\r\ndata: ${JSON.stringify(chunk({ content: "你🌍" }))}\r\n\r\n: ping\r\n\r\ndata: ${JSON.stringify(chunk({}, "stop"))}`;
    await using server = await answering((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const bytes = [...Buffer.from(all)];
      const next = () => {
        const byte = bytes.shift();
        if (byte === undefined) return response.end();
        response.write(Buffer.of(byte), () => setImmediate(next));
      };
      next();
    });
    expect(plainText((await take(openai({ baseUrl: server.url, model: "m" }))).reply.parts)).toBe("你🌍");
  });

  it("makes one delta of what comes in one read", async () => {
    await using server = await answering(sse(...Array.from({ length: 100 }, () => chunk({ content: "x" })), "[DONE]"));
    const { deltas } = await take(openai({ baseUrl: server.url, model: "m" }));
    expect(deltas).toEqual([{ type: "text", text: "x".repeat(100) }]);
  });
});

describe("usage", () => {
  const counted = async (usage: object) =>
    (await replyTo(chunk({ content: "a" }, "stop"), { choices: [], usage })).usage;
  it("tells cached input from fresh", async () => {
    const base = { prompt_tokens: 10, completion_tokens: 2 };
    const split = { input: 3, output: 2, cacheRead: 7, cacheWrite: 0 };
    expect(await counted({ ...base, prompt_tokens_details: { cached_tokens: 7 } })).toEqual(split);
    expect(await counted({ ...base, prompt_cache_hit_tokens: 7, prompt_tokens_details: null })).toEqual(split);
    expect(await counted(base)).toEqual({ input: 10, output: 2, cacheRead: 0, cacheWrite: 0 });
  });

  it("is found in the choice too, and is nothing where there is none", async () => {
    const choice = {
      delta: { content: "a" },
      finish_reason: "stop",
      usage: { prompt_tokens: 4, completion_tokens: 1 },
    };
    expect((await replyTo({ choices: [choice] })).usage).toMatchObject({ input: 4, output: 1 });
    expect((await replyTo(chunk({ content: "a" }, "stop"))).usage).toMatchObject({ input: 0, output: 0 });
  });
});

describe("a stream that goes wrong", () => {
  it.each<[string, boolean, readonly (string | object)[]]>([
    ["Overloaded", true, [chunk({ content: "a" }), { error: { message: "Overloaded", code: 529 } }]],
    ["too long", false, [{ error: { message: "too long", type: "invalid_request_error" } }]],
    ["was refused", false, [{ object: "error", message: "was refused" }]],
    ["upstream", true, [{ choices: [{ error: { code: 502, message: "upstream" }, finish_reason: "error" }] }]],
    ["insufficient_system_resource", true, [chunk({ content: "a" }, "insufficient_system_resource")]],
    ["no JSON object", true, ["{not json"]],
    ["no JSON object", true, ["null"]],
    ["no JSON object", true, ["7"]],
    ["cut off", true, [chunk({ content: "a" })]],
    ["cut off", true, [{}, { choices: null }, { choices: [null] }, { choices: [{ delta: { tool_calls: {} } }] }]],
  ])("%s (transient: %s)", async (words, transient, lines) => {
    await using server = await answering(sse(...lines));
    const error = await failure(openai({ baseUrl: server.url, model: "m" }));
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ transient, message: expect.stringContaining(words) });
  });

  it("does not mind a connection that breaks after the last word", async () => {
    await using server = await answering((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const call = chunk({ tool_calls: [piece(0, "x", "f", "{}")] }, "tool_calls");
      response.write(`data: ${JSON.stringify(call)}\n\n`, () => response.destroy());
    });
    const { reply } = await take(openai({ baseUrl: server.url, model: "m" }));
    expect(reply).toMatchObject({ stop: "calls", parts: [{ id: "x" }] });
  });
});

describe("what an endpoint refuses", () => {
  const answer = (response: Parameters<typeof sse>[0] | undefined) => response;
  const refusing = (refuses: (body: string) => string | undefined) =>
    answering((seen, response) => {
      const message = refuses(seen.body);
      if (message === undefined) return sse(chunk({ content: "ok" }, "stop"))(answer(undefined), response);
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error: { message } }));
    });
  const said: Message[] = [
    user("hi"),
    {
      role: "assistant",
      parts: [
        { type: "thinking", text: "hm" },
        { type: "call", id: "a", name: "f", input: {} },
      ],
    },
    { role: "tool", callId: "a", parts: [text("x")], failed: false },
    { role: "assistant", parts: [text("well")] },
    user("go on"),
  ];

  it("sends blank thinking where an endpoint misses it, and remembers that", async () => {
    await using server = await refusing((body) =>
      body.split('"role":"assistant"').length - 1 === body.split('"reasoning_content":""').length - 1
        ? undefined
        : "The `reasoning_content` in the thinking mode must be passed back to the API.",
    );
    const model = openai({ baseUrl: server.url, model: "m" });
    await take(model, ask(said));
    await take(model, ask(said));
    expect(server.requests).toHaveLength(3);
  });

  it("keeps thinking back where an endpoint does not know it", async () => {
    await using server = await refusing((body) =>
      body.includes("reasoning_content") ? "property 'reasoning_content' is unsupported" : undefined,
    );
    const opaque = { wire: "openai", host: new URL(server.url).host, field: "reasoning_content" };
    const call = { type: "call", id: "a", name: "f", input: {} } as const;
    const own: Message = { role: "assistant", parts: [{ type: "thinking", text: "hm", opaque }, call] };
    await take(openai({ baseUrl: server.url, model: "m" }), ask([user("hi"), own, ...said.slice(2)]));
    expect(server.requests.map(({ body }) => body.includes('"reasoning_content":"hm"'))).toEqual([true, false]);
  });

  it.each([
    ["gpt-5-mini", ["max_completion_tokens", "max_tokens"]],
    ["other", ["max_tokens", "max_completion_tokens"]],
  ])("calls the limit of %s by its other name when the first is unknown, but only once", async (model, names) => {
    await using server = await refusing((body) => {
      const name = /"(max\w*tokens)":/.exec(body)?.[1];
      return `Unsupported parameter: ${name}`;
    });
    const error = await failure(openai({ baseUrl: server.url, model, maxOutput: 9 }));
    expect(error.status).toBe(400);
    expect(server.requests.map(({ body }) => /"(max\w*tokens)":/.exec(body)?.[1])).toEqual(names);
  });

  it("does not take a limit that is too large for an unknown one", async () => {
    await using server = await refusing(() => "max_tokens is too large: 9");
    expect((await failure(openai({ baseUrl: server.url, model: "m", maxOutput: 9 }))).status).toBe(400);
    expect(server.requests).toHaveLength(1);
  });
});
