import { text, type UserPart } from "../core/message.js";
import type { Result } from "../core/tool.js";
import type { Answered, Content } from "./types.js";

/** Images of one result, and base64 characters of one image: what is over that is told in words. */
const IMAGES = { most: 20, largest: 5 << 20 };
/** What model providers take. */
const SEEN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** What the model reads of an answer. An answer that failed says so first. */
export function resultOf({ content, structured, failed }: Answered, from: { server: string; tool: string }): Result {
  let images = 0;
  const parts = content.map((each): UserPart => {
    if (each.type !== "image") return text(wordsOf(each));
    images += 1;
    const why = refusal(each, images);
    return why === undefined ? { type: "image", mime: each.mime, data: each.data } : text(`[image left out: ${why}]`);
  });
  const told = parts.length > 0 || structured === undefined ? parts : [text(JSON.stringify(structured, null, 2))];
  const all = told.length > 0 ? told : [text("(nothing)")];
  return { parts: failed ? [text("MCP error:"), ...all] : all, failed, details: { mcp: from } };
}

function refusal({ mime, data }: { mime: string; data: string }, nth: number): string | undefined {
  if (nth > IMAGES.most) return `there are more than ${IMAGES.most}`;
  if (!SEEN.has(mime)) return `${mime || "no type"} is no type of image that models read`;
  if (data.length > IMAGES.largest) return `it has ${Math.round((data.length * 3) / 4 / 1024)} kB, too much`;
  return /^[A-Za-z0-9+/=\s]*$/.test(data) ? undefined : "it is not base64";
}

function wordsOf(content: Exclude<Content, { type: "image" }>): string {
  switch (content.type) {
    case "text":
      return content.text;
    case "link":
      return `[resource ${content.uri}: ${content.name}]`;
    case "resource":
      return content.text ?? `[resource ${content.uri}: ${content.bytes ?? 0} bytes of ${content.mime || "data"}]`;
    default:
      return `[${content.type} left out: ${content.mime}, ${Math.round((content.data.length * 3) / 4 / 1024)} kB]`;
  }
}
