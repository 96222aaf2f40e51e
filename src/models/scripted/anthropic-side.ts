import type { Json } from "../../core/message.js";
import { type Fields, isFields, Refused } from "./check.js";
import { argumentsOf, type ScriptedCall, type SeenMessage, type Turn } from "./script.js";
import { type Acts, type Side, sse, type Telling } from "./side.js";
import { validateAnthropic } from "./validate-anthropic.js";

/** Anthropic messages. */
export const anthropicSide: Side = {
  wire: "anthropic",
  validate(body, headers) {
    if (!headers["x-api-key"] && !headers.authorization?.startsWith("Bearer "))
      throw new Refused("x-api-key header is required", null, 401);
    if (!headers["anthropic-version"]) throw new Refused("anthropic-version: header is required");
    validateAnthropic(body, (signature) => signature.startsWith(SIGNED));
  },
  read: (body) => read(isFields(body) ? body : {}),
  acts,
  whole,
  error: ({ status, message, type }) => ({
    type: "error",
    error: { type: type ?? TYPES[status] ?? (status >= 500 ? "api_error" : "invalid_request_error"), message },
    request_id: "req_scripted",
  }),
  streamError: (error) => sse({ type: "error", error }, "error"),
};

/** How each signature of this server begins; any other is refused, as the provider refuses foreign ones. */
const SIGNED = "sig_scripted_";
const TYPES: Record<number, string> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
};

function read(body: Fields) {
  const messages = (Array.isArray(body.messages) ? body.messages : []).filter(isFields);
  return {
    model: String(body.model),
    system: textOf(body.system),
    tools: (Array.isArray(body.tools) ? body.tools : []).filter(isFields).map((tool) => String(tool.name)),
    stream: body.stream === true,
    messages: messages.flatMap(seen),
  };
}

// results stand inside a user message: each is told as a message of its own, before the words
function seen(message: Fields): SeenMessage[] {
  const blocks = Array.isArray(message.content) ? message.content.filter(isFields) : [];
  const text = textOf(message.content);
  if (message.role === "assistant") {
    const calls = blocks.filter((block) => block.type === "tool_use");
    return [
      {
        role: "assistant",
        text,
        calls: calls.map(({ id, name, input = {} }) => ({ id: String(id), name: String(name), input })),
      },
    ];
  }
  const results = blocks.filter((block) => block.type === "tool_result").map(result);
  return text === "" && results.length > 0 ? results : [...results, { role: "user", text, calls: [] }];
}

function result(block: Fields): SeenMessage {
  return {
    role: "tool",
    text: textOf(block.content),
    calls: [],
    callId: String(block.tool_use_id),
    failed: block.is_error === true,
  };
}

function textOf(content: Json | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((block) => (isFields(block) && block.type === "text" ? String(block.text) : "")).join("");
}

function acts({ turn, n, model, usage }: Telling): Acts {
  const start = {
    id: `msg_${n}`,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
  const first = sse(
    { type: "message_start", message: { ...start, usage: { ...usageOf(usage), output_tokens: 1 } } },
    "message_start",
  );
  let index = 0;
  const block = (opened: Json, deltas: Json[]) => {
    const at = index;
    index += 1;
    const pieces = deltas.map((delta) => sse({ type: "content_block_delta", index: at, delta }, "content_block_delta"));
    const begin = sse({ type: "content_block_start", index: at, content_block: opened }, "content_block_start");
    return `${begin}${pieces.join("")}${sse({ type: "content_block_stop", index: at }, "content_block_stop")}`;
  };
  const words = `${first}${sse({ type: "ping" }, "ping")}${thinkingBlock(turn, n, block)}${
    turn.text === undefined ? "" : block({ type: "text", text: "" }, [{ type: "text_delta", text: turn.text }])
  }`;
  const calls = (turn.calls ?? []).map((call, at) => {
    const deltas = argumentsOf(call) === "" ? [] : [{ type: "input_json_delta", partial_json: argumentsOf(call) }];
    return block({ type: "tool_use", id: idOf(call, n, at), name: call.name, input: {} }, deltas);
  });
  const delta = { stop_reason: stopOf(turn), stop_sequence: null };
  const end = sse({ type: "message_delta", delta, usage: { output_tokens: usage.output } }, "message_delta");
  return { words, calls: calls.join(""), end: `${end}${sse({ type: "message_stop" }, "message_stop")}` };
}

function thinkingBlock({ thinking }: Turn, n: number, block: (opened: Json, deltas: Json[]) => string): string {
  if (thinking === undefined) return "";
  return block({ type: "thinking", thinking: "", signature: "" }, [
    { type: "thinking_delta", thinking },
    { type: "signature_delta", signature: `${SIGNED}${n}` },
  ]);
}

function idOf(call: ScriptedCall, n: number, at: number): string {
  return call.id ?? `toolu_${n}_${at}`;
}

function stopOf({ stop, calls = [] }: Turn): string {
  return stop ?? (calls.length > 0 ? "tool_use" : "end_turn");
}

function whole({ turn, n, model, usage }: Telling): Json {
  const calls = (turn.calls ?? []).map((call, at) => ({
    type: "tool_use",
    id: idOf(call, n, at),
    name: call.name,
    input: call.input ?? {},
  }));
  const content = [
    ...(turn.thinking === undefined ? [] : [{ type: "thinking", thinking: turn.thinking, signature: `${SIGNED}${n}` }]),
    ...(turn.text === undefined ? [] : [{ type: "text", text: turn.text }]),
    ...calls,
  ];
  const head = { id: `msg_${n}`, type: "message", role: "assistant", model };
  return { ...head, content, stop_reason: stopOf(turn), stop_sequence: null, usage: usageOf(usage) };
}

function usageOf({ input, output, cacheRead, cacheWrite }: Telling["usage"]): { [key: string]: Json } {
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
  };
}
