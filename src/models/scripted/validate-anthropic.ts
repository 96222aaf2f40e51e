import type { Json } from "../../core/message.js";
import {
  base64,
  between,
  type Fields,
  fields,
  filled,
  isFields,
  list,
  onlyKeys,
  positive,
  refuse,
  wholeCharacters,
  words,
} from "./check.js";

const TOP = [
  "model",
  "messages",
  "max_tokens",
  "system",
  "stream",
  "tools",
  "tool_choice",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "metadata",
  "thinking",
  "service_tier",
];
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const MARKS = 4;
const IMAGE = 5 * 1024 * 1024;
const IMAGES = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/** Refuses what Anthropic's messages API refuses. `issued` tells which thinking signatures are its own. */
export function validateAnthropic(body: Json, issued: (signature: string) => boolean): void {
  const request = fields(body, "body");
  onlyKeys(request, TOP, "");
  filled(request.model, "model");
  if (request.max_tokens === undefined) refuse("max_tokens", "Field required");
  positive(request.max_tokens, "max_tokens");
  between(request.temperature, [0, 1], "temperature");
  const marks = { count: 0 };
  if (request.system !== undefined) system(request.system, marks);
  if (request.tools !== undefined) tools(list(request.tools, "tools"), marks);
  const messages = list(request.messages, "messages");
  if (messages.length === 0) refuse("messages", "at least one message is required");
  conversation(messages, { marks, issued });
  if (marks.count > MARKS) refuse("cache_control", `a maximum of ${MARKS} blocks may have it, found ${marks.count}`);
  wholeCharacters(request, "");
}

type Marks = { count: number };
type Context = { marks: Marks; issued: (signature: string) => boolean };

function marked(block: Fields, marks: Marks, place: string): void {
  if (block.cache_control === undefined) return;
  const mark = fields(block.cache_control, `${place}.cache_control`);
  onlyKeys(mark, ["type", "ttl"], `${place}.cache_control`);
  if (mark.type !== "ephemeral") refuse(`${place}.cache_control.type`, "expected 'ephemeral'");
  marks.count += 1;
}

function system(value: Json, marks: Marks): void {
  if (typeof value === "string") return;
  for (const [at, each] of list(value, "system").entries()) {
    const block = fields(each, `system[${at}]`);
    textBlock(block, `system[${at}]`);
    marked(block, marks, `system[${at}]`);
  }
}

function tools(offered: Json[], marks: Marks): void {
  const names = new Set<string>();
  for (const [at, each] of offered.entries()) {
    const place = `tools[${at}]`;
    const tool = fields(each, place);
    onlyKeys(tool, ["name", "description", "input_schema", "cache_control", "type"], place);
    const name = words(tool.name, `${place}.name`);
    if (!NAME.test(name)) refuse(`${place}.name`, "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
    if (names.has(name)) refuse(`${place}.name`, "tool names must be unique");
    names.add(name);
    if (fields(tool.input_schema, `${place}.input_schema`).type !== "object")
      refuse(`${place}.input_schema.type`, "expected 'object'");
    marked(tool, marks, place);
  }
}

function conversation(messages: Json[], context: Context): void {
  let waiting: string[] = [];
  for (const [at, each] of messages.entries()) {
    const place = `messages.${at}`;
    const message = fields(each, place);
    onlyKeys(message, ["role", "content"], place);
    if (message.role !== "user" && message.role !== "assistant")
      refuse(`${place}.role`, "expected 'user' or 'assistant'");
    if (at === 0 && message.role !== "user") refuse(`${place}.role`, "first message must use the user role");
    if (message.role === "assistant" && waiting.length > 0) unanswered(waiting, place);
    waiting = turn(message, waiting, { ...context, place });
  }
  if (waiting.length > 0) unanswered(waiting, "messages");
  finalTurn(fields(messages.at(-1), "messages"));
}

function turn(message: Fields, waiting: readonly string[], place: Place): string[] {
  const blocks = contentOf(message, place.place);
  if (message.role === "assistant") return assistantTurn(blocks, place);
  userTurn(blocks, waiting, place);
  return [];
}

function unanswered(ids: readonly string[], place: string): never {
  refuse(place, `tool_use ids were found without tool_result blocks immediately after: ${ids.join(", ")}`);
}

function contentOf(message: Fields, place: string): Fields[] {
  if (typeof message.content === "string") return [{ type: "text", text: filled(message.content, `${place}.content`) }];
  const blocks = list(message.content, `${place}.content`);
  if (blocks.length === 0) refuse(`${place}.content`, "messages must have non-empty content");
  return blocks.map((block, at) => fields(block, `${place}.content.${at}`));
}

type Place = Context & { place: string };

function userTurn(blocks: readonly Fields[], waiting: readonly string[], { place, marks }: Place): void {
  const answered = new Set<string>();
  let spoken = false;
  for (const [at, block] of blocks.entries()) {
    const here = `${place}.content.${at}`;
    marked(block, marks, here);
    if (block.type === "tool_result") {
      if (spoken) refuse(here, "tool_result blocks must come first");
      answered.add(result(block, { waiting, answered }, here));
      continue;
    }
    spoken = true;
    if (block.type === "text") textBlock(block, here);
    else if (block.type === "image") image(block, here);
    else refuse(`${here}.type`, `unexpected type ${JSON.stringify(block.type)}`);
  }
  const missing = waiting.filter((id) => !answered.has(id));
  if (missing.length > 0) unanswered(missing, place);
}

type Asked = { waiting: readonly string[]; answered: ReadonlySet<string> };

function result(block: Fields, { waiting, answered }: Asked, place: string): string {
  onlyKeys(block, ["type", "tool_use_id", "content", "is_error", "cache_control"], place);
  const id = filled(block.tool_use_id, `${place}.tool_use_id`);
  if (!waiting.includes(id))
    refuse(`${place}.tool_use_id`, `unexpected tool_use_id found in tool_result blocks: ${id}`);
  if (answered.has(id)) refuse(`${place}.tool_use_id`, `each tool_use must have a single result, found more for ${id}`);
  if (block.content === undefined || typeof block.content === "string") return id;
  for (const [at, each] of list(block.content, `${place}.content`).entries()) {
    const part = fields(each, `${place}.content.${at}`);
    if (part.type === "text") textBlock(part, `${place}.content.${at}`);
    else if (block.is_error === true) refuse(place, 'all content must be type "text" if `is_error` is true');
    else image(part, `${place}.content.${at}`);
  }
  return id;
}

function assistantTurn(blocks: readonly Fields[], { place, marks, issued }: Place): string[] {
  const ids: string[] = [];
  let spoken = false;
  for (const [at, block] of blocks.entries()) {
    const here = `${place}.content.${at}`;
    marked(block, marks, here);
    if (block.type === "thinking" || block.type === "redacted_thinking") {
      if (spoken) refuse(here, "thinking blocks must come first");
      thinking(block, issued, here);
      continue;
    }
    spoken = true;
    if (block.type === "text") textBlock(block, here);
    else if (block.type === "tool_use") ids.push(toolUse(block, ids, here));
    else refuse(`${here}.type`, `unexpected type ${JSON.stringify(block.type)}`);
  }
  return ids;
}

function thinking(block: Fields, issued: (signature: string) => boolean, place: string): void {
  if (block.type === "redacted_thinking") {
    onlyKeys(block, ["type", "data"], place);
    if (!issued(words(block.data, `${place}.data`))) refuse(`${place}.data`, "Invalid data in redacted_thinking block");
    return;
  }
  onlyKeys(block, ["type", "thinking", "signature"], place);
  words(block.thinking, `${place}.thinking`);
  if (!issued(words(block.signature, `${place}.signature`)))
    refuse(`${place}.signature`, "Invalid `signature` in `thinking` block");
}

function toolUse(block: Fields, ids: readonly string[], place: string): string {
  onlyKeys(block, ["type", "id", "name", "input", "cache_control"], place);
  const id = filled(block.id, `${place}.id`);
  if (!/^[A-Za-z0-9_-]+$/.test(id)) refuse(`${place}.id`, "String should match pattern '^[a-zA-Z0-9_-]+$'");
  if (ids.includes(id)) refuse(`${place}.id`, "`tool_use` ids must be unique");
  if (!NAME.test(words(block.name, `${place}.name`)))
    refuse(`${place}.name`, "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
  if (!isFields(block.input)) refuse(`${place}.input`, "Input should be a valid dictionary");
  return id;
}

function textBlock(block: Fields, place: string): void {
  onlyKeys(block, ["type", "text", "cache_control", "citations"], place);
  filled(block.text, `${place}.text`);
}

function image(block: Fields, place: string): void {
  onlyKeys(block, ["type", "source", "cache_control"], place);
  const source = fields(block.source, `${place}.source`);
  if (source.type !== "base64") refuse(`${place}.source.type`, "expected 'base64'");
  if (!IMAGES.includes(words(source.media_type, `${place}.source.media_type`)))
    refuse(`${place}.source.media_type`, "unsupported");
  base64(source.data, IMAGE, `${place}.source.data`);
}

function finalTurn(message: Fields): void {
  if (message.role !== "assistant") return;
  const tail = contentOf(message, "messages").at(-1);
  if (tail?.type === "text" && /\s$/.test(String(tail.text))) {
    refuse("messages", "final assistant content cannot end with trailing whitespace");
  }
}
