import type { Image, Message, ReplyPart, Text, Thinking, UserPart } from "../core/message.js";
import { text } from "../core/message.js";
import { isTaken } from "./bounds.js";
import { inputOf } from "./render.js";

/** Characters of text and of an image's base64 that one part may have. */
export type Most = { text: number; image: number };

/** The message in parts that a provider takes: words stand for what is too large or of the wrong kind. */
export function presentable(message: Message, most: Most): Message {
  if (message.role === "assistant") {
    const parts = message.parts.map((part) => spoken(part, most));
    return parts.every((part, at) => part === message.parts[at]) ? message : { ...message, parts };
  }
  const file = message.role === "tool" ? message.file : undefined;
  const parts = message.parts.map((part) => shown(part, most, file));
  return parts.every((part, at) => part === message.parts[at]) ? message : { ...message, parts };
}

/** The message without its first `count` images. */
export function withoutImages(message: Message, count: number): Message {
  if (message.role === "assistant") return message;
  let left = count;
  const parts = message.parts.map((part) => {
    if (part.type !== "image" || left === 0) return part;
    left -= 1;
    return text("[image left out: newer ones fill the request]");
  });
  return { ...message, parts };
}

function shown(part: UserPart, most: Most, file?: string): UserPart {
  if (part.type === "image") return image(part, most);
  return part.text.length <= most.text ? part : text(shortened(part.text, most.text, file));
}

function spoken(part: ReplyPart, most: Most): ReplyPart {
  if (part.type === "text") return part.text.length <= most.text ? part : text(shortened(part.text, most.text));
  if (part.type === "thinking") return thinking(part, most);
  const json = JSON.stringify(inputOf(part));
  return json.length <= most.text ? part : { ...part, input: { left_out: shortened(json, most.text) } };
}

// it is signed as a whole
function thinking(part: Thinking, most: Most): Text | Thinking {
  const size = part.text.length + JSON.stringify(part.opaque ?? "").length;
  return size <= most.text ? part : text(`[thinking left out: ${size} characters]`);
}

function image(part: Image, most: Most): Image | Text {
  if (isTaken(part, most)) return part;
  const { mime, data } = part;
  if (data.length > most.image)
    return text(`[image left out: its ${(data.length / 1e6).toFixed(1)} MB are more than fits into the request]`);
  if (!mime.startsWith("image/") || isTaken({ ...part, mime: "image/png" }, most))
    return text(`(an image of type ${mime.slice(0, 80)}, which cannot be shown here)`);
  return text("[image left out: its data is damaged]");
}

// head and tail, at most `most` characters with the line between them that says what is left out
function shortened(words: string, most: number, file?: string): string {
  const where = file === undefined ? "" : `; all of it is in ${file.slice(0, 500)}`;
  const half = Math.max(0, Math.floor((most - where.length - 60) / 2));
  const line = `[${words.length - 2 * half} characters left out here${where}]`;
  return `${words.slice(0, half)}\n${line}\n${words.slice(words.length - half)}`;
}
