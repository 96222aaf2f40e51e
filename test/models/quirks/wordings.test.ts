import { describe, expect, it } from "vitest";
import { anthropic } from "../../../src/models/anthropic.js";
import { openai } from "../../../src/models/openai.js";
import { answering, chunk, failure, sse } from "../answering.js";

// what providers and servers were seen to say, each in its own words
const OVERFLOW: [status: number, words: string][] = [
  [400, "prompt is too long: 213462 tokens > 200000 maximum"],
  [400, "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length"],
  [400, "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."],
  [
    400,
    "This model's maximum context length is 4096 tokens. However, you requested 4130 tokens (3130 in the messages, 1000 in the completion).",
  ],
  [
    400,
    "This endpoint's maximum context length is 200000 tokens. However, you requested about 250000 tokens (249000 of text input).",
  ],
  [400, "Your input exceeds the context window of this model. Please adjust your input and try again."],
  [400, "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens."],
  [400, "the request exceeds the available context size, try increasing it"],
  [400, "request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it"],
  [500, "Context size has been exceeded."],
  [
    400,
    "Trying to keep the first 15857 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
  ],
  [400, "The number of tokens to keep from the initial prompt is greater than the context length."],
  [400, "Requested tokens (2285) exceed context window of 2048"],
  [400, "The decoder prompt (length 163840) is longer than the maximum model length of 131072."],
  [
    400,
    "'max_tokens' or 'max_completion_tokens' is too large: 2000. This model's maximum context length is 4096 tokens and your request has 2104 input tokens (2000 > 4096 - 2104).",
  ],
  [400, "The input (40000 tokens) is longer than the model's context length (32768 tokens)."],
  [400, "length of prompt_tokens (163280) must be less than max_seq_len (32768)."],
  [400, "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575)."],
  [400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."],
  [400, "Please reduce the length of the messages or completion."],
  [400, "Input is too long for requested model."],
  [400, "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 983616]"],
  [400, "Invalid request: Your request exceeded model token limit: 262144"],
  [400, "Prompt exceeds max length"],
  [400, "the input length exceeds the context length"],
  [400, "prompt too long; exceeded max context length by 120 tokens"],
  [400, "invalid params, context window exceeds limit (2013)"],
  [400, "prompt token count of 140000 exceeds the limit of 128000"],
  [422, "`inputs` tokens + `max_new_tokens` must be <= 4096. Too many tokens in the prompt"],
  [400, "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length"],
  [400, "输入内容过长，超过模型上下文长度"],
  [413, "Request Entity Too Large"],
  [413, ""],
];
const QUOTA: [status: number, words: string][] = [
  [429, "You exceeded your current quota, please check your plan and billing details."],
  [400, "Your credit balance is too low to access the Anthropic API."],
  [402, "Insufficient Balance"],
  [403, "Arrearage: your account is overdue"],
  [429, "余额不足或无可用资源包,请充值。"],
];
const OVERLOAD: [status: number, words: string][] = [
  [529, "Overloaded"],
  [503, "The server is currently unavailable"],
  [429, "The engine is currently overloaded, please try again later"],
];
const NEITHER: [status: number, words: string][] = [
  [
    429,
    "Rate limit reached for gpt-4o in organization x on tokens per min (TPM): Limit 30000, Requested 31000. Request too large",
  ],
  [429, "Too many tokens per minute, please wait before trying again."],
  [
    400,
    "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.",
  ],
  [400, "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for this model"],
  [400, "max_tokens (200000) exceeds the maximum model length of 131072"],
  [400, "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"],
  [400, "messages.0.content.0.image: image exceeds 5 MB maximum"],
  [400, "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64"],
  [404, "The model `x` does not exist"],
  [401, "Incorrect API key provided"],
  [500, "Internal server error"],
];

const refusing = (status: number, words: string) =>
  answering((_, response) => {
    const body = { error: { message: words, type: "some_error" } };
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
const rows = Object.entries({ overflow: OVERFLOW, quota: QUOTA, overload: OVERLOAD, undefined: NEITHER }).flatMap(
  ([kind, said]) => said.map(([status, words]) => [kind, status, words] as const),
);

describe.each([openai, anthropic])("the kind of failure told by the wire %#", (wire) => {
  it.each(rows)("%s: %i %s", async (kind, status, words) => {
    await using server = await refusing(status, words);
    const error = await failure(wire({ baseUrl: server.url, model: "m" }));
    expect(String(error.kind)).toBe(kind);
    expect(error.status).toBe(status);
    const passing = kind === "overload" || (kind === "undefined" && [429, 500].includes(status));
    expect(error.transient).toBe(passing);
  });
});

describe("inside a stream", () => {
  it.each([
    ["overflow", { message: "Context size has been exceeded.", type: "server_error", code: 500 }],
    ["overflow", { message: "too much", code: "context_length_exceeded" }],
    ["overload", { message: "Overloaded", type: "overloaded_error" }],
    ["quota", { message: "Insufficient credits", code: 402 }],
    ["undefined", { message: "The model could not go on." }],
  ])("%s: %j", async (kind, error) => {
    await using one = await answering(sse(chunk({ content: "a" }), { error }));
    await using other = await answering((_, response) => {
      const begun = { type: "message_start", message: { model: "m" } };
      sse(begun, { type: "error", error })(_, response);
    });
    const told = [
      await failure(openai({ baseUrl: one.url, model: "m" })),
      await failure(anthropic({ baseUrl: other.url, model: "m" })),
    ];
    expect(told.map((each) => [String(each.kind), each.transient])).toEqual(
      told.map(() => [kind, kind === "overload"]),
    );
  });
});

describe("what endpoints say of tools", () => {
  it.each([
    [400, "registry.ollama.ai/library/gemma:2b does not support tools"],
    [404, "No endpoints found that support tool use. To learn more visit: https://openrouter.ai/docs"],
    [400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'],
    [400, "`tool calling` is not supported with this model"],
    [500, "m does not support function calling"],
  ])("%i %s", async (status, words) => {
    await using server = await refusing(status, words);
    const error = await failure(openai({ baseUrl: server.url, model: "tiny" }));
    expect(error.message).toMatch(/^tiny at 127\.0\.0\.1:\d+ takes no tools \(\d+\): choose a model that calls tools/);
    expect(error.transient).toBe(false);
  });
});
