import type {
  ContentBlockParam,
  ImageBlockParam,
  MessageCreateParamsStreaming,
  TextBlockParam,
  ToolUseBlockParam,
  Tool as VendorTool,
} from "@anthropic-ai/sdk/resources/messages";
import type {
  AssistantMessage,
  Image,
  Json,
  Message,
  ReplyPart,
  Thinking,
  ToolMessage,
  UserPart,
} from "../core/message.js";
import type { Request, ToolSpec } from "../core/model.js";
import { cleanJson, cleanText, inputOf, once, resultText, wireId, wireName, wireSchema } from "./render.js";
import { type Body, RequestBody } from "./request-body.js";

/** The head of a request: all but system, tools and messages. */
export type Head = Omit<MessageCreateParamsStreaming, "messages" | "tools" | "system">;

const ID = 64;
const IMAGES = ["image/jpeg", "image/png", "image/gif", "image/webp"] as const;
const MARK = `,"cache_control":{"type":"ephemeral"}}`;
/** How many of the newest user messages end in a cache mark: the last one, and the one the cache was written at before. */
const MARKED = 2;

type Row = { role: "user" | "assistant"; blocks: string[] };

/** Renders requests for one host; each message and each tool list is rendered once, cache marks are added on joining. */
export function anthropicRenderer(host: string): (head: Head, request: Request) => Body {
  const blocks = once((message: Message) => blocksOf(message, host));
  const body = new RequestBody();
  const toolList = once((tools: readonly ToolSpec[]) => JSON.stringify(tools.map(tool)));
  return (head, { system, messages, tools }) => {
    const rows = merged(messages, blocks);
    if (rows[0]?.role !== "user") rows.unshift({ role: "user", blocks: [textBlock("(The conversation goes on.)")] });
    const firm = firstMarked(rows);
    const told = system.trim() === "" ? "" : `"system":[${marked(textBlock(cleanText(system)))}],`;
    const offered = tools.length === 0 ? "" : `"tools":${toolList(tools)},`;
    return body.build({
      head: `${JSON.stringify(head).slice(0, -1)},${offered}${told}"messages":[`,
      rows: rows.slice(0, firm).map(joined),
      loose: rows.slice(firm).map((row) => joined(row.role === "user" ? withMark(row) : row)),
      tail: "]}",
    });
  };
}

// from the second-newest message of the user on, rows carry marks that wander
function firstMarked(rows: readonly Row[]): number {
  const users = rows.flatMap((row, at) => (row.role === "user" ? [at] : []));
  return users.at(-MARKED) ?? 0;
}

// results and the words that follow are one message of the user, results first; so are two turns of one side,
// of which only the first may begin with thinking
function merged(messages: readonly Message[], blocks: (message: Message) => string[]): Row[] {
  const rows: Row[] = [];
  for (const message of messages) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const more = blocks(message);
    if (more.length === 0) continue;
    const tail = rows.at(-1);
    if (tail?.role === role) tail.blocks.push(...(role === "user" ? more : more.filter((block) => !isThinking(block))));
    else rows.push({ role, blocks: [...more] });
  }
  return rows;
}

function joined({ role, blocks }: Row): string {
  return `{"role":"${role}","content":[${blocks.join(",")}]}`;
}

function withMark({ role, blocks }: Row): Row {
  return { role, blocks: [...blocks.slice(0, -1), ...blocks.slice(-1).map(marked)] };
}

function marked(block: string): string {
  return block.slice(0, -1) + MARK;
}

function blocksOf(message: Message, host: string): string[] {
  if (message.role === "user") return message.parts.flatMap(userBlock);
  if (message.role === "tool") return [JSON.stringify(result(message))];
  return replyBlocks(message, host);
}

// a turn of the model may not end in thinking
function replyBlocks({ parts }: AssistantMessage, host: string): string[] {
  const blocks = parts.flatMap((part) => replyBlock(part, host)).map((block) => cleanJson(JSON.stringify(block)));
  return blocks.slice(0, blocks.findLastIndex((block) => !isThinking(block)) + 1);
}

function isThinking(block: string): boolean {
  return block.startsWith('{"type":"thinking"') || block.startsWith('{"type":"redacted_thinking"');
}

function userBlock(part: UserPart): string[] {
  if (part.type === "image") return [JSON.stringify(image(part))];
  const words = cleanText(part.text);
  return words.trim() === "" ? [] : [textBlock(words)];
}

function textBlock(words: string): string {
  const block: TextBlockParam = { type: "text", text: words };
  return JSON.stringify(block);
}

function image({ mime, data }: Image): ImageBlockParam | TextBlockParam {
  const type = IMAGES.find((known) => known === mime);
  if (type !== undefined) return { type: "image", source: { type: "base64", media_type: type, data } };
  return { type: "text", text: `(an image of type ${mime}, which cannot be shown here)` };
}

function result({ callId, parts, failed }: ToolMessage): ContentBlockParam {
  const images = parts.filter((part) => part.type === "image");
  const words = resultText(parts);
  return {
    type: "tool_result",
    tool_use_id: wireId(callId, ID),
    content: images.length === 0 ? words : [{ type: "text", text: words }, ...images.map(image)],
    ...(failed ? { is_error: true } : {}),
  };
}

// text may not end in white space where it ends the turn, and may not be nothing else
function replyBlock(part: ReplyPart, host: string): ContentBlockParam[] {
  if (part.type === "thinking") return thinking(part, host);
  if (part.type === "text") {
    const words = cleanText(part.text).trimEnd();
    return words === "" ? [] : [{ type: "text", text: words }];
  }
  const use: ToolUseBlockParam = {
    type: "tool_use",
    id: wireId(part.id, ID),
    name: wireName(part.name),
    input: inputOf(part),
  };
  return [use];
}

// thinking goes back only where its signature came from: any other host refuses it
function thinking({ text, opaque }: Thinking, host: string): ContentBlockParam[] {
  const token = tokenOf(opaque);
  if (token?.wire !== "anthropic" || token.host !== host) return [];
  if (typeof token.data === "string") return [{ type: "redacted_thinking", data: token.data }];
  return typeof token.signature === "string" ? [{ type: "thinking", thinking: text, signature: token.signature }] : [];
}

function tokenOf(opaque: Json | undefined): { [key: string]: Json } | undefined {
  return typeof opaque === "object" && opaque !== null && !Array.isArray(opaque) ? opaque : undefined;
}

function tool({ name, description, schema }: ToolSpec): VendorTool {
  return { name, description, input_schema: wireSchema(schema) };
}
