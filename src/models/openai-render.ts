import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from "openai/resources/chat/completions";
import type { AssistantMessage, Call, Image, Message, Thinking, ToolMessage, UserMessage } from "../core/message.js";
import { callsIn, plainText } from "../core/message.js";
import type { Request, ToolSpec } from "../core/model.js";
import { cleanText, once, resultText, wireId } from "./render.js";
import { type Body, RequestBody } from "./request-body.js";

/** The head of a request: all but its messages. `reasoning_content` and the like are never among it. */
export type Head = Omit<ChatCompletionCreateParamsStreaming, "messages" | "tools">;
type User = Extract<ChatCompletionMessageParam, { role: "user" }>;
type Assistant = Extract<ChatCompletionMessageParam, { role: "assistant" }> & { reasoning_content?: string };
type ToolAnswer = Extract<ChatCompletionMessageParam, { role: "tool" }>;
type ImagePart = { type: "image_url"; image_url: { url: string } };

/** OpenAI's own limit for ids of calls. */
const ID = 40;

/** Renders requests for one host; each message and each tool list is rendered once. */
export function openaiRenderer(host: string): (head: Head, request: Request) => Body {
  const message = once((each: Message) => rendered(each, host));
  const body = new RequestBody();
  const toolList = once((tools: readonly ToolSpec[]) => JSON.stringify(tools.map(tool)));
  return (head, { system, messages, tools }) => {
    const rows = system === "" ? [] : [JSON.stringify({ role: "system", content: cleanText(system) })];
    for (const row of withImages(messages)) {
      const text = typeof row === "string" ? row : message(row);
      if (text !== "") rows.push(text);
    }
    const offered = tools.length === 0 ? "" : `"tools":${toolList(tools)},`;
    return body.build({ head: `${JSON.stringify(head).slice(0, -1)},${offered}"messages":[`, rows, tail: "]}" });
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

function rendered(message: Message, host: string): string {
  if (message.role === "user") return user(message);
  return message.role === "tool" ? answer(message) : assistant(message, host);
}

function user({ parts }: UserMessage): string {
  const spoken = parts.filter((part) => part.type === "image" || part.text !== "");
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

function assistant({ parts }: AssistantMessage, host: string): string {
  const words = cleanText(plainText(parts));
  const calls = callsIn(parts);
  if (words === "" && calls.length === 0) return "";
  const thought =
    calls.length > 0
      ? thinkingFor(
          parts.filter((part) => part.type === "thinking"),
          host,
        )
      : "";
  const row: Assistant = {
    role: "assistant",
    content: words === "" ? null : words,
    ...(thought === "" ? {} : { reasoning_content: thought }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(call) }),
  };
  return JSON.stringify(row);
}

function call({ id, name, input }: Call) {
  return { id: wireId(id, ID), type: "function" as const, function: { name, arguments: JSON.stringify(input) } };
}

// DeepSeek and its kin want the thinking of a turn with calls back; nobody else gets it
function thinkingFor(thinking: readonly Thinking[], host: string): string {
  const own = thinking.filter(({ opaque }) => {
    if (typeof opaque !== "object" || opaque === null || Array.isArray(opaque)) return false;
    return opaque.wire === "openai" && opaque.host === host && opaque.field === "reasoning_content";
  });
  return cleanText(own.map(({ text }) => text).join(""));
}

function tool({ name, description, schema }: ToolSpec): ChatCompletionTool {
  return { type: "function", function: { name, description, parameters: schema } };
}
