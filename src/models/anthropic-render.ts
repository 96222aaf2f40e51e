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
import { bounding } from "./bounding.js";
import { cleanJson, cleanText, GOES_ON, inputOf, once, resultText, wireId, wireName, wireSchema } from "./render.js";
import { type Body, RequestBody } from "./request-body.js";

/** The head of a request: all but system, tools and messages. */
export type Head = Omit<MessageCreateParamsStreaming, "messages" | "tools" | "system">;

const ID = 64;
/** The documented limits: characters of one image, images of a request. */
const IMAGES = { image: 5 * 1024 * 1024, images: 100 };
const MARK = `,"cache_control":{"type":"ephemeral"}}`;
/** How many of the newest user messages end in a cache mark: the last one, and the one the cache was written at before. */
const MARKED = 2;

type Row = { role: "user" | "assistant"; blocks: string[] };

/** Renders requests for one host; each message and each tool list is rendered once, cache marks are added on joining. */
export function anthropicRenderer(host: string): (head: Head, request: Request) => Promise<Body> {
  const blocks = once((message: Message) => blocksOf(message, host));
  const bounded = bounding({ ...IMAGES, bytes: (message) => Buffer.byteLength(blocks(message).join()) + 100 });
  const body = new RequestBody();
  const toolList = once((tools: readonly ToolSpec[]) => JSON.stringify(tools.map(tool)));
  return async (head, { system, messages, tools }) => {
    const told = system.trim() === "" ? "" : `"system":[${marked(textBlock(cleanText(system)))}],`;
    const offered = tools.length === 0 ? "" : `"tools":${toolList(tools)},`;
    const top = `${JSON.stringify(head).slice(0, -1)},${offered}${told}"messages":[`;
    const rows = merged(await bounded(messages, Buffer.byteLength(top)), blocks);
    if (rows[0]?.role !== "user") rows.unshift({ role: "user", blocks: [textBlock(GOES_ON)] });
    if (rows.at(-1)?.role !== "user") rows.push({ role: "user", blocks: [textBlock(GOES_ON)] });
    const firm = firstMarked(rows);
    return body.build({
      head: top,
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

// in a turn of the model thinking comes first, and something follows it
function replyBlocks({ parts }: AssistantMessage, host: string): string[] {
  const all = parts.flatMap((part) => replyBlock(part, host)).map((block) => cleanJson(JSON.stringify(block)));
  const first = all.findIndex((block) => !isThinking(block));
  const blocks = all.filter((block, at) => at < first || !isThinking(block));
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

function image({ mime, data }: Image): ImageBlockParam {
  // what is of no type that is taken was replaced by words
  return { type: "image", source: { type: "base64", media_type: mime as "image/png", data } };
}

function result({ callId, parts, failed }: ToolMessage): ContentBlockParam {
  const images = parts.filter((part) => part.type === "image");
  const words = resultText(parts);
  const head = { type: "tool_result", tool_use_id: wireId(callId, ID) } as const;
  if (images.length === 0) return { ...head, content: words, ...(failed ? { is_error: true } : {}) };
  // an error may hold no image
  const told = failed ? `[failed]\n${words}` : words;
  return { ...head, content: [{ type: "text", text: told }, ...images.map(image)] };
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
