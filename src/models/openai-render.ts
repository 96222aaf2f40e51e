import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from "openai/resources/chat/completions";
import type { AssistantMessage, Call, Image, Message, ToolMessage, UserMessage } from "../core/message.js";
import { callsIn, plainText } from "../core/message.js";
import type { Request, ToolSpec } from "../core/model.js";
import { cleanJson, cleanText, inputOf, once, resultText, wireId, wireName, wireSchema } from "./render.js";
import { type Body, RequestBody } from "./request-body.js";

/** The head of a request: all but its messages. */
export type Head = Omit<ChatCompletionCreateParamsStreaming, "messages" | "tools">;
/** Which turns carry thinking back: those with calls, all of them (blank where there was none), or none. */
export type ThinkingBack = "calls" | "all" | "none";
export type Render = (head: Head, request: Request, thinking: ThinkingBack) => Body;

type User = Extract<ChatCompletionMessageParam, { role: "user" }>;
type Assistant = Extract<ChatCompletionMessageParam, { role: "assistant" }> & { reasoning_content?: string };
type ToolAnswer = Extract<ChatCompletionMessageParam, { role: "tool" }>;
type ImagePart = { type: "image_url"; image_url: { url: string } };

/** OpenAI's own limit for ids of calls. */
const ID = 40;

/** Renders requests for one host; each message and each tool list is rendered once. */
export function openaiRenderer(host: string): Render {
  const rows = (back: ThinkingBack) => once((each: Message) => rendered(each, { host, back }));
  const rendering = { calls: rows("calls"), all: rows("all"), none: rows("none") };
  const body = new RequestBody();
  const toolList = once((tools: readonly ToolSpec[]) => JSON.stringify(tools.map(tool)));
  return (head, { system, messages, tools }, thinking) => {
    const said = system.trim() === "" ? [] : [JSON.stringify({ role: "system", content: cleanText(system) })];
    for (const each of withImages(messages)) {
      const row = typeof each === "string" ? each : rendering[thinking](each);
      if (row !== "") said.push(row);
    }
    const offered = tools.length === 0 ? "" : `"tools":${toolList(tools)},`;
    return body.build({ head: `${JSON.stringify(head).slice(0, -1)},${offered}"messages":[`, rows: said, tail: "]}" });
  };
}

// a tool's answer is text only: its images follow, from the user, after the last answer of the turn
function* withImages(messages: readonly Message[]): Generator<Message | string> {
  let images: Image[] = [];
  for (const message of messages) {
    if (message.role !== "tool" && images.length > 0) {
      yield imagesRow(images);
      images = [];
    }
    yield message;
    if (message.role === "tool") images.push(...message.parts.filter((part) => part.type === "image"));
  }
  if (images.length > 0) yield imagesRow(images);
}

function imagesRow(images: readonly Image[]): string {
  const row: User = {
    role: "user",
    content: [{ type: "text", text: "The images of these results:" }, ...images.map(image)],
  };
  return JSON.stringify(row);
}

type Way = { host: string; back: ThinkingBack };

function rendered(message: Message, way: Way): string {
  if (message.role === "user") return user(message);
  return message.role === "tool" ? answer(message) : assistant(message, way);
}

function user({ parts }: UserMessage): string {
  const spoken = parts.filter((part) => part.type === "image" || part.text.trim() !== "");
  if (spoken.length === 0) return "";
  const words = spoken.map((part) =>
    part.type === "text" ? ({ type: "text", text: cleanText(part.text) } as const) : image(part),
  );
  const only = words.length === 1 ? words[0] : undefined;
  const row: User = { role: "user", content: only?.type === "text" ? only.text : words };
  return JSON.stringify(row);
}

function image({ mime, data }: Image): ImagePart {
  return { type: "image_url", image_url: { url: `data:${mime};base64,${data}` } };
}

function answer({ callId, parts }: ToolMessage): string {
  const row: ToolAnswer = { role: "tool", tool_call_id: wireId(callId, ID), content: resultText(parts) };
  return JSON.stringify(row);
}

function assistant(message: AssistantMessage, way: Way): string {
  const words = cleanText(plainText(message.parts));
  const calls = callsIn(message.parts);
  if (words.trim() === "" && calls.length === 0) return "";
  const row: Assistant = {
    role: "assistant",
    content: words.trim() === "" ? null : words,
    ...thinkingBack(message, calls, way),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(call) }),
  };
  return JSON.stringify(row);
}

function call(made: Call) {
  const args = cleanJson(JSON.stringify(inputOf(made)));
  return {
    id: wireId(made.id, ID),
    type: "function" as const,
    function: { name: wireName(made.name), arguments: args },
  };
}

// only to the host it came from, and only what came as `reasoning_content`: nobody else knows that field
function thinkingBack({ parts }: AssistantMessage, calls: readonly Call[], { host, back }: Way) {
  if (back === "none" || (back === "calls" && calls.length === 0)) return {};
  const own = parts.filter((part) => {
    if (part.type !== "thinking") return false;
    const { opaque } = part;
    if (typeof opaque !== "object" || opaque === null || Array.isArray(opaque)) return false;
    return opaque.wire === "openai" && opaque.host === host && opaque.field === "reasoning_content";
  });
  const thought = cleanText(own.map((part) => (part.type === "thinking" ? part.text : "")).join(""));
  return thought === "" && back === "calls" ? {} : { reasoning_content: thought };
}

function tool({ name, description, schema }: ToolSpec): ChatCompletionTool {
  return { type: "function", function: { name, description, parameters: wireSchema(schema) } };
}
