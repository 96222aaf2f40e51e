import type { CallToolResult, ContentBlock, ReadResourceResult } from "@modelcontextprotocol/client";
import type { Json, UserPart } from "../core/message.js";
import type { Answered, Content } from "./types.js";

/** What a call gave, as plain data. */
export function answeredOf(result: CallToolResult): Answered {
  const structured = result.structuredContent;
  return {
    content: (result.content ?? []).map(contentOf),
    // it came as JSON
    ...(structured === undefined ? {} : { structured: structured as Json }),
    failed: result.isError === true,
  };
}

/** What reading a resource gave. */
export function readOf({ contents }: ReadResourceResult): Answered {
  return { content: contents.map(resourceOf), failed: false };
}

/** What a prompt's message holds, as parts of a prompt. */
export function partsOf(block: ContentBlock): UserPart[] {
  const content = contentOf(block);
  if (content.type === "image") return [{ type: "image", mime: content.mime, data: content.data }];
  const words = "text" in content && content.text !== undefined ? content.text : `[${block.type}]`;
  return [{ type: "text", text: words }];
}

function contentOf(block: ContentBlock): Content {
  switch (block.type) {
    case "text":
      return { type: "text", text: block.text };
    case "image":
    case "audio":
      return { type: block.type, mime: block.mimeType, data: block.data };
    case "resource_link":
      return { type: "link", uri: block.uri, name: block.title ?? block.name };
    case "resource":
      return resourceOf(block.resource);
  }
}

function resourceOf(resource: ReadResourceResult["contents"][number]): Content {
  const { uri, mimeType: mime = "" } = resource;
  if ("text" in resource) return { type: "resource", uri, mime, text: resource.text };
  if (mime.startsWith("image/")) return { type: "image", mime, data: resource.blob };
  return { type: "resource", uri, mime, bytes: Math.floor((resource.blob.length * 3) / 4) };
}
