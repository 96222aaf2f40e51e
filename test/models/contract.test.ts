import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { modelServer } from "../../src/models/scripted/server.js";

// the vendors' own clients are the judges of whether the scripted server tells the truth

const openaiAt = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: "k", maxRetries: 0 });
const anthropicAt = (url: string) => new Anthropic({ baseURL: url, apiKey: "k", maxRetries: 0 });
const weather = {
  name: "weather",
  description: "The weather",
  schema: { type: "object" as const, properties: { city: { type: "string" } } },
};
const called = {
  thinking: "hm",
  text: "I look.",
  calls: [
    { name: "weather", input: { city: "北京" } },
    { name: "weather", input: {} },
  ],
};

describe("the official openai client", () => {
  const tools = [
    {
      type: "function" as const,
      function: { name: weather.name, description: weather.description, parameters: weather.schema },
    },
  ];
  const ask = { model: "scripted", messages: [{ role: "user" as const, content: "hi" }] };

  it("reads a whole answer and lists models", async () => {
    await using server = await modelServer(["hello"]);
    const answer = await openaiAt(server.url).chat.completions.create(ask);
    expect(answer.choices[0]?.message.content).toBe("hello");
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(0);
    const models = await openaiAt(server.url).models.list();
    expect(models.data.map((model) => model.id)).toEqual(["scripted"]);
  });

  it("streams text, calls and usage, and sends the results", async () => {
    await using server = await modelServer([called, "sunny"]);
    const client = openaiAt(server.url);
    const stream = client.chat.completions.stream({ ...ask, tools, stream_options: { include_usage: true } });
    const { choices, usage } = await stream.finalChatCompletion();
    const message = choices[0]?.message;
    expect(message?.content).toBe("I look.");
    expect(message?.tool_calls?.map((call) => call.function.arguments)).toEqual(['{"city":"北京"}', "{}"]);
    expect(choices[0]?.finish_reason).toBe("tool_calls");
    expect(usage?.completion_tokens).toBeGreaterThan(0);
    const results = (message?.tool_calls ?? []).map((call) => ({
      role: "tool" as const,
      tool_call_id: call.id,
      content: "fine",
    }));
    const calls = (message?.tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => ({
      id,
      type: "function" as const,
      function: { name, arguments: args },
    }));
    const again = await client.chat.completions.create({
      ...ask,
      messages: [...ask.messages, { role: "assistant", content: null, tool_calls: calls }, ...results],
    });
    expect(again.choices[0]?.message.content).toBe("sunny");
    expect(server.requests[1]?.results).toEqual(["fine", "fine"]);
  });

  it("sees errors as the provider's", async () => {
    await using server = await modelServer([
      { error: { status: 429, message: "slow down", headers: { "retry-after": "7" } } },
    ]);
    const failure = await openaiAt(server.url)
      .chat.completions.create(ask)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OpenAI.RateLimitError);
    expect(failure).toMatchObject({ status: 429, type: "rate_limit_error" });
    const alone = { role: "tool" as const, tool_call_id: "x", content: "y" };
    const refused = openaiAt(server.url).chat.completions.create({ ...ask, messages: [...ask.messages, alone] });
    await expect(refused).rejects.toMatchObject({ status: 400, param: "messages[1].tool_call_id" });
  });
});

describe("the official anthropic client", () => {
  const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }];
  const ask = { model: "scripted", max_tokens: 100, messages: [{ role: "user" as const, content: "hi" }] };

  it("reads a whole answer", async () => {
    await using server = await modelServer(["hello"]);
    const answer = await anthropicAt(server.url).messages.create(ask);
    expect(answer.content).toEqual([{ type: "text", text: "hello" }]);
    expect(answer.usage.input_tokens).toBeGreaterThan(0);
  });

  it("streams thinking, text, calls and usage, and sends thinking and results back", async () => {
    await using server = await modelServer([{ ...called, usage: { cacheRead: 50 } }, "sunny"]);
    const client = anthropicAt(server.url);
    const first = await client.messages.stream({ ...ask, tools }).finalMessage();
    expect(first.content.map((block) => block.type)).toEqual(["thinking", "text", "tool_use", "tool_use"]);
    expect(first.stop_reason).toBe("tool_use");
    expect(first.usage.cache_read_input_tokens).toBe(50);
    const ids = first.content.flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
    const results = ids.map((id) => ({ type: "tool_result" as const, tool_use_id: id, content: "fine" }));
    const messages = [
      ...ask.messages,
      { role: "assistant" as const, content: first.content },
      { role: "user" as const, content: results },
    ];
    const again = await client.messages.create({ ...ask, tools, messages });
    expect(again.content).toEqual([{ type: "text", text: "sunny" }]);
  });

  it("sees errors as the provider's, also in a stream", async () => {
    await using server = await modelServer([
      { error: { status: 529 } },
      { text: "a", errorInStream: { type: "overloaded_error", message: "Overloaded" } },
    ]);
    await expect(anthropicAt(server.url).messages.create(ask)).rejects.toMatchObject({
      status: 529,
      error: { error: { type: "overloaded_error" } },
    });
    await expect(anthropicAt(server.url).messages.stream(ask).finalMessage()).rejects.toThrow("Overloaded");
    const forged = [
      ...ask.messages,
      {
        role: "assistant" as const,
        content: [
          { type: "thinking" as const, thinking: "x", signature: "mine" },
          { type: "text" as const, text: "y" },
        ],
      },
      ...ask.messages,
    ];
    await expect(anthropicAt(server.url).messages.create({ ...ask, messages: forged })).rejects.toThrow("signature");
  });
});

describe("strictness", () => {
  const post = async (url: string, path: string, body: unknown) => {
    const headers = {
      "content-type": "application/json",
      authorization: "Bearer k",
      "x-api-key": "k",
      "anthropic-version": "2023-06-01",
    };
    const response = await fetch(url + path, {
      method: "POST",
      headers,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const told: { error?: { message?: string } } = JSON.parse(await response.text());
    return { status: response.status, message: told.error?.message ?? "" };
  };
  const user = { role: "user", content: "hi" };
  const call = { id: "a", type: "function", function: { name: "f", arguments: "{}" } };
  const calls = { role: "assistant", content: null, tool_calls: [call] };
  const result = { role: "tool", tool_call_id: "a", content: "x" };

  it.each([
    ["two system messages", { messages: [{ role: "system", content: "a" }, { role: "system", content: "b" }, user] }],
    ["a call without its result", { messages: [user, calls, user] }],
    ["a result without its call", { messages: [user, result] }],
    ["two results of one call", { messages: [user, calls, result, result] }],
    ["an unknown field", { messages: [user], magic: 1 }],
    ["empty content", { messages: [{ role: "user", content: "" }] }],
    [
      "arguments that are no object",
      { messages: [user, { ...calls, tool_calls: [{ ...call, function: { name: "f", arguments: "[1" } }] }, result] },
    ],
    [
      "an id that is too long",
      {
        messages: [
          user,
          { ...calls, tool_calls: [{ ...call, id: "a".repeat(41) }] },
          { ...result, tool_call_id: "a".repeat(41) },
        ],
      },
    ],
    ["half a character", { messages: [{ role: "user", content: "a\ud800" }] }],
    ["no messages", { messages: [] }],
    [
      "a tool whose schema is no object",
      { messages: [user], tools: [{ type: "function", function: { name: "f", parameters: { type: "string" } } }] },
    ],
  ])("openai refuses %s", async (_, body) => {
    await using server = await modelServer(["ok"]);
    expect(await post(server.url, "/v1/chat/completions", { model: "m", ...body })).toMatchObject({ status: 400 });
    expect(
      await post(server.url, "/v1/chat/completions", { model: "m", messages: [user, calls, result] }),
    ).toMatchObject({ status: 200 });
    expect(server.requests).toHaveLength(1);
  });

  const use = { role: "assistant", content: [{ type: "tool_use", id: "a", name: "f", input: {} }] };
  const answer = { type: "tool_result", tool_use_id: "a", content: "x" };
  const words = { type: "text", text: "hi" };
  const mark = { cache_control: { type: "ephemeral" } };

  it.each([
    ["no max_tokens", { max_tokens: undefined, messages: [user] }],
    ["a first message of the assistant", { messages: [{ role: "assistant", content: "a" }] }],
    ["a call without its result", { messages: [user, use, user] }],
    ["a result after words", { messages: [user, use, { role: "user", content: [words, answer] }] }],
    [
      "a result without its call",
      { messages: [user, { role: "assistant", content: "a" }, { role: "user", content: [answer] }] },
    ],
    ["text of white space", { messages: [{ role: "user", content: [{ type: "text", text: " " }] }] }],
    [
      "a bad id",
      {
        messages: [
          user,
          { role: "assistant", content: [{ ...use.content[0], id: "a b" }] },
          { role: "user", content: [{ ...answer, tool_use_id: "a b" }] },
        ],
      },
    ],
    ["white space at the end of a last turn", { messages: [user, { role: "assistant", content: "a " }] }],
    [
      "five cache marks",
      { messages: [{ role: "user", content: Array.from({ length: 5 }, () => ({ ...words, ...mark })) }] },
    ],
    ["an unknown field", { messages: [user], reasoning_content: "x" }],
  ])("anthropic refuses %s", async (_, body) => {
    await using server = await modelServer(["ok"]);
    expect(await post(server.url, "/v1/messages", { model: "m", max_tokens: 9, ...body })).toMatchObject({
      status: 400,
    });
    const good = { model: "m", max_tokens: 9, messages: [user, use, { role: "user", content: [answer, words] }] };
    expect(await post(server.url, "/v1/messages", good)).toMatchObject({ status: 200 });
  });

  it("refuses a body that is no JSON, a missing key, and an unknown path", async () => {
    await using server = await modelServer(["ok"]);
    expect(await post(server.url, "/v1/chat/completions", "{")).toMatchObject({ status: 400 });
    expect(await post(server.url, "/v1/other", {})).toMatchObject({ status: 404 });
    expect((await fetch(`${server.url}/v1/chat/completions`, { method: "POST", body: "{}" })).status).toBe(401);
  });

  it("says so when the script is exhausted", async () => {
    await using server = await modelServer([]);
    const ended = await post(server.url, "/v1/chat/completions", { model: "m", messages: [user] });
    expect(ended).toEqual({ status: 400, message: "The script of 0 replies is exhausted at request 1." });
  });
});
