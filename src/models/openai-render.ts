import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from "openai/resources/chat/completions";
import type { AssistantMessage, Call, Image, Message, ToolMessage, UserMessage } from "../core/message.js";
import { callsIn, plainText, text } from "../core/message.js";
import type { Request, ToolSpec } from "../core/model.js";
import { bounding } from "./bounding.js";
import { cleanJson, cleanText, GOES_ON, inputOf, once, resultText, wireId, wireName, wireSchema } from "./render.js";
import { type Body, RequestBody } from "./request-body.js";

/** The head of a request: all but its messages. */
export type Head = Omit<ChatCompletionCreateParamsStreaming, "messages" | "tools">;
/** Which turns carry thinking back: those with calls, all of them (blank where there was none), or none. */
export type ThinkingBack = "calls" | "all" | "none";
/** Who says the system text: a role of its own, or the user before the first words. */
export type SystemRole = "system" | "developer" | "user";
/** How an endpoint wants its messages. */
export type Manner = { thinking: ThinkingBack; system: SystemRole };
export type Render = (head: Head, request: Request, manner: Manner) => Promise<Body>;

type User = Extract<ChatCompletionMessageParam, { role: "user" }>;
type Assistant = Extract<ChatCompletionMessageParam, { role: "assistant" }> & { reasoning_content?: string };
type ToolAnswer = Extract<ChatCompletionMessageParam, { role: "tool" }>;
type ImagePart = { type: "image_url"; image_url: { url: string } };

/** OpenAI's own limit for ids of calls. */
const ID = 40;
/** The documented limits: characters of one image, images of a request. */
const IMAGES = { image: 20_000_000, images: 500 };

/** Renders requests for one host; each message and each tool list is rendered once. */
export function openaiRenderer(host: string): Render {
  const ways = { calls: way(host, "calls"), all: way(host, "all"), none: way(host, "none") };
  const body = new RequestBody();
  const toolList = once((tools: readonly ToolSpec[]) => JSON.stringify(tools.map(tool)));
  const imagesRow = imageRows();
  return async (head, { system, messages, tools }, { thinking, system: role }) => {
    const { row, bounded } = ways[thinking];
    const offered = tools.length === 0 ? "" : `"tools":${toolList(tools)},`;
    const told = await bounded(messages, Buffer.byteLength(offered) + Buffer.byteLength(system) + system.length);
    const { said, rest } = opening({ role, words: cleanText(system) }, told);
    for (const each of withImages(rest)) {
      const more = "role" in each ? row(each) : imagesRow(each);
      if (more !== "") said.push(more);
    }
    if (!/^.{9}(user|tool)"/.test(said.at(-1) ?? "")) said.push(JSON.stringify({ role: "user", content: GOES_ON }));
    return body.build({
      head: `${JSON.stringify(head).slice(0, -1)},${offered}"messages":[`,
      rows: said,
      tail: "]}",
    });
  };
}

function way(host: string, back: ThinkingBack) {
  const row = once((each: Message) => rendered(each, { host, back }));
  return { row, bounded: bounding({ ...IMAGES, bytes: (each) => bytesOf(each, row(each)) }) };
}

type System = { role: SystemRole; words: string };

// the system text in a row of its own, or before the user's first words
function opening({ role, words }: System, messages: readonly Message[]): { said: string[]; rest: readonly Message[] } {
  if (words.trim() === "") return { said: [], rest: messages };
  if (role !== "user") return { said: [JSON.stringify({ role, content: words })], rest: messages };
  const [first, ...more] = messages;
  if (first?.role !== "user") return { said: [], rest: [{ role: "user", parts: [text(words)] }, ...messages] };
  const [part, ...parts] = first.parts;
  const told = part?.type === "text" ? [text(`${words}\n\n${part.text}`), ...parts] : [text(words), ...first.parts];
  return { said: [], rest: [{ role: "user", parts: told }, ...more] };
}

// images of results stand in a row of their own
function bytesOf({ role, parts }: Message, row: string): number {
  const apart = role === "tool" ? parts.filter((part) => part.type === "image") : [];
  return apart.reduce((sum, { data }) => sum + data.length + 100, Buffer.byteLength(row) + 100);
}

// a tool's answer is text only: its images follow, from the user, after the last answer of the turn
function* withImages(messages: readonly Message[]): Generator<Message | readonly Image[]> {
  let images: Image[] = [];
  for (const message of messages) {
    if (message.role !== "tool" && images.length > 0) {
      yield images;
      images = [];
    }
    yield message;
    if (message.role === "tool") images.push(...message.parts.filter((part) => part.type === "image"));
  }
  if (images.length > 0) yield images;
}

// the same images give the same string, which costs nothing to compare
function imageRows(): (images: readonly Image[]) => string {
  const known = new WeakMap<Image, { images: readonly Image[]; row: string }>();
  return (images) => {
    const [first] = images;
    const before = first && known.get(first);
    if (before?.images.length === images.length && images.every((each, at) => each === before.images[at]))
      return before.row;
    const content = [{ type: "text" as const, text: "The images of these results:" }, ...images.map(image)];
    const user: User = { role: "user", content };
    const row = JSON.stringify(user);
    if (first) known.set(first, { images, row });
    return row;
  };
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
