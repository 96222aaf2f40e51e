import type { Json } from "../../core/message.js";
import { type Fields, isFields, Refused } from "./check.js";
import { callIds, finishOf, halves, usageOf } from "./openai-words.js";
import { quirkyActs, quirkyWhole } from "./quirky-side.js";
import { argumentsOf, type SeenMessage } from "./script.js";
import { type Acts, type Side, sse, type Telling } from "./side.js";
import { validateOpenai } from "./validate-openai.js";

/** OpenAI chat completions. */
export const openaiSide: Side = {
  wire: "openai",
  validate(body, headers) {
    if (!headers.authorization?.startsWith("Bearer ")) {
      throw new Refused(
        "You didn't provide an API key. Provide it in an Authorization header using Bearer auth.",
        null,
        401,
      );
    }
    validateOpenai(body);
  },
  read: (body) => read(isFields(body) ? body : {}),
  acts: (telling, wantsUsage) => (telling.quirks.size > 0 ? quirkyActs : acts)(telling, wantsUsage),
  whole: (telling) => (telling.quirks.size > 0 ? quirkyWhole : whole)(telling),
  error: ({ status, message, type, param = null }) => ({
    error: {
      message,
      type: type ?? TYPES[status] ?? (status >= 500 ? "server_error" : "invalid_request_error"),
      param,
      code: CODES[status] ?? null,
    },
  }),
  streamError: ({ type, message }) => sse({ error: { message, type, param: null, code: null } }),
};

const TYPES: Record<number, string> = { 401: "invalid_request_error", 429: "rate_limit_error" };
const CODES: Record<number, string> = { 401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded" };

function read(body: Fields) {
  const messages = (Array.isArray(body.messages) ? body.messages : []).filter(isFields);
  const tools = (Array.isArray(body.tools) ? body.tools : [])
    .filter(isFields)
    .map((tool) => (isFields(tool.function) ? String(tool.function.name) : ""));
  const system = messages.find((message) => message.role === "system" || message.role === "developer");
  return {
    model: String(body.model),
    system: textOf(system?.content),
    tools,
    stream: body.stream === true,
    messages: messages.filter((message) => message !== system).map(seen),
  };
}

function seen(message: Fields): SeenMessage {
  const text = textOf(message.content);
  if (message.role === "tool") return { role: "tool", text, calls: [], callId: String(message.tool_call_id) };
  if (message.role !== "assistant") return { role: "user", text, calls: [] };
  const calls = (Array.isArray(message.tool_calls) ? message.tool_calls : []).filter(isFields);
  return { role: "assistant", text, calls: calls.map(seenCall) };
}

function seenCall(call: Fields) {
  const made = isFields(call.function) ? call.function : {};
  const input: Json = JSON.parse(String(made.arguments));
  return { id: String(call.id), name: String(made.name), input };
}

function textOf(content: Json | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isFields(part) && typeof part.text === "string" ? part.text : "")).join("");
}

function acts({ turn, n, model, usage }: Telling, wantsUsage: boolean): Acts {
  const base = { id: `chatcmpl-${n}`, object: "chat.completion.chunk", created: Math.floor(Date.now() / 1000), model };
  const chunk = (delta: Json, finish: string | null = null) =>
    sse({ ...base, choices: [{ index: 0, delta, finish_reason: finish }] });
  const words = [chunk({ role: "assistant", content: "" })];
  if (turn.thinking !== undefined) words.push(chunk({ reasoning_content: turn.thinking }));
  if (turn.text !== undefined) words.push(...halves(turn.text).map((content) => chunk({ content })));
  const calls = (turn.calls ?? []).flatMap((call, index) => {
    const [first = "", ...more] = halves(argumentsOf(call));
    const opened = {
      index,
      id: call.id ?? callIds(n, index),
      type: "function",
      function: { name: call.name, arguments: first },
    };
    return [
      chunk({ tool_calls: [opened] }),
      ...more.map((args) => chunk({ tool_calls: [{ index, function: { arguments: args } }] })),
    ];
  });
  const totals = wantsUsage ? sse({ ...base, choices: [], usage: usageOf(usage) }) : "";
  return { words: words.join(""), calls: calls.join(""), end: `${chunk({}, finishOf(turn))}${totals}data: [DONE]\n\n` };
}

function whole({ turn, n, model, usage }: Telling): Json {
  const calls = (turn.calls ?? []).map((call, at) => ({
    id: call.id ?? callIds(n, at),
    type: "function",
    function: { name: call.name, arguments: argumentsOf(call) },
  }));
  const message = {
    role: "assistant",
    content: turn.text ?? null,
    refusal: null,
    ...(turn.thinking === undefined ? {} : { reasoning_content: turn.thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return {
    id: `chatcmpl-${n}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [{ index: 0, message, finish_reason: finishOf(turn), logprobs: null }],
    usage: usageOf(usage),
  };
}
