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
  "stream",
  "stream_options",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "temperature",
  "top_p",
  "n",
  "stop",
  "max_tokens",
  "max_completion_tokens",
  "presence_penalty",
  "frequency_penalty",
  "response_format",
  "reasoning_effort",
  "seed",
  "user",
  "metadata",
  "store",
  "service_tier",
  "prompt_cache_key",
  "logprobs",
  "top_logprobs",
  "verbosity",
];
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const ID_LENGTH = 40;
const IMAGE = 20_000_000;

/** Refuses what OpenAI's chat completions refuse; the first thing found is named. */
export function validateOpenai(body: Json): void {
  const request = fields(body, "body");
  onlyKeys(request, TOP, "");
  filled(request.model, "model");
  positive(request.max_tokens, "max_tokens");
  positive(request.max_completion_tokens, "max_completion_tokens");
  between(request.temperature, [0, 2], "temperature");
  if (request.stream_options !== undefined && request.stream !== true)
    refuse("stream_options", "only allowed when 'stream' is enabled");
  if (request.tools !== undefined) tools(list(request.tools, "tools"));
  const messages = list(request.messages, "messages");
  if (messages.length === 0) refuse("messages", "expected at least one message");
  conversation(messages);
  wholeCharacters(request, "");
}

function tools(offered: Json[]): void {
  if (offered.length === 0) refuse("tools", "expected at least one tool");
  for (const [at, each] of offered.entries()) {
    const place = `tools[${at}]`;
    const tool = fields(each, place);
    onlyKeys(tool, ["type", "function"], place);
    if (tool.type !== "function") refuse(`${place}.type`, "expected 'function'");
    const made = fields(tool.function, `${place}.function`);
    onlyKeys(made, ["name", "description", "parameters", "strict"], `${place}.function`);
    if (!NAME.test(words(made.name, `${place}.function.name`)))
      refuse(`${place}.function.name`, "does not match '^[a-zA-Z0-9_-]+$'");
    const schema = fields(made.parameters, `${place}.function.parameters`);
    if (schema.type !== "object") refuse(`${place}.function.parameters`, "schema must be of type 'object'");
  }
}

function conversation(messages: Json[]): void {
  let waiting = new Set<string>();
  for (const [at, each] of messages.entries()) {
    const place = `messages[${at}]`;
    const message = fields(each, place);
    if (message.role === "tool") {
      answer(message, waiting, place);
      continue;
    }
    if (waiting.size > 0) unanswered(waiting, place);
    waiting = speech(message, at, place);
  }
  if (waiting.size > 0) unanswered(waiting, "messages");
}

function unanswered(ids: ReadonlySet<string>, place: string): never {
  refuse(
    place,
    `an assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id': ${[...ids].join(", ")}`,
  );
}

function answer(message: Fields, waiting: Set<string>, place: string): void {
  onlyKeys(message, ["role", "content", "tool_call_id"], place);
  const id = filled(message.tool_call_id, `${place}.tool_call_id`);
  if (!waiting.delete(id))
    refuse(
      `${place}.tool_call_id`,
      "messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
    );
  if (typeof message.content === "string") return;
  for (const [at, part] of list(message.content, `${place}.content`).entries()) {
    const text = fields(part, `${place}.content[${at}]`);
    if (text.type !== "text") refuse(`${place}.content[${at}].type`, "tool messages take text only");
  }
}

function speech(message: Fields, at: number, place: string): Set<string> {
  switch (message.role) {
    case "system":
    case "developer":
      onlyKeys(message, ["role", "content", "name"], place);
      if (at > 0) refuse(place, "a system message must be the first and only one");
      filled(message.content, `${place}.content`);
      return new Set();
    case "user":
      onlyKeys(message, ["role", "content", "name"], place);
      said(message.content, `${place}.content`);
      return new Set();
    case "assistant":
      return assistant(message, place);
    default:
      return refuse(`${place}.role`, `unknown role ${JSON.stringify(message.role)}`);
  }
}

function said(content: Json | undefined, place: string): void {
  if (typeof content === "string") {
    filled(content, place);
    return;
  }
  const parts = list(content, place);
  if (parts.length === 0) refuse(place, "must not be empty");
  for (const [at, each] of parts.entries()) {
    const part = fields(each, `${place}[${at}]`);
    if (part.type === "text") filled(part.text, `${place}[${at}].text`);
    else if (part.type === "image_url") image(fields(part.image_url, `${place}[${at}].image_url`), `${place}[${at}]`);
    else refuse(`${place}[${at}].type`, "unknown type");
  }
}

function image({ url }: Fields, place: string): void {
  const address = filled(url, `${place}.image_url.url`);
  if (/^https?:/.test(address)) return;
  const [head = "", data] = address.split(",");
  if (!/^data:image\/(jpeg|png|gif|webp);base64$/.test(head)) refuse(`${place}.image_url.url`, "unsupported image");
  base64(data, IMAGE, `${place}.image_url.url`);
}

function assistant(message: Fields, place: string): Set<string> {
  onlyKeys(message, ["role", "content", "tool_calls", "refusal", "name", "reasoning_content"], place);
  const ids = new Set<string>();
  if (message.tool_calls !== undefined) {
    const calls = list(message.tool_calls, `${place}.tool_calls`);
    if (calls.length === 0) refuse(`${place}.tool_calls`, "must not be empty");
    for (const [at, each] of calls.entries()) call(each, ids, `${place}.tool_calls[${at}]`);
  }
  const silent = message.content === null || message.content === undefined || message.content === "";
  if (silent && ids.size === 0) refuse(`${place}.content`, "expected content or tool_calls");
  return ids;
}

function call(value: Json, ids: Set<string>, place: string): void {
  const made = fields(value, place);
  onlyKeys(made, ["id", "type", "function"], place);
  const id = filled(made.id, `${place}.id`);
  if (id.length > ID_LENGTH) refuse(`${place}.id`, `string too long, at most ${ID_LENGTH}`);
  if (ids.has(id)) refuse(`${place}.id`, "duplicate id");
  ids.add(id);
  if (made.type !== "function") refuse(`${place}.type`, "expected 'function'");
  const target = fields(made.function, `${place}.function`);
  onlyKeys(target, ["name", "arguments"], `${place}.function`);
  if (!NAME.test(words(target.name, `${place}.function.name`)))
    refuse(`${place}.function.name`, "does not match '^[a-zA-Z0-9_-]+$'");
  if (!isFields(parsed(words(target.arguments, `${place}.function.arguments`))))
    refuse(`${place}.function.arguments`, "is not a JSON object");
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
