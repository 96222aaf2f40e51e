import type { UserPart } from "../core/message.js";
import { isFields } from "../platform/fields.js";
import { imageFault, imageType } from "../platform/image-bytes.js";
import { clip } from "../platform/text.js";

/** What a line of stream-json input says. `answer` is the id of the control request that wants to hear of it. */
export type Said =
  | { type: "prompt"; parts: readonly UserPart[] }
  | { type: "interrupt"; answer?: string }
  | { type: "unknown request"; answer: string; why: string }
  | { type: "bad"; why: string };

const EXPECTED = 'Write {"type":"user","message":{"role":"user","content":"…"}}, or {"type":"interrupt"}.';
const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** Reads one line; what is wrong with it is said in a sentence. */
export function saidIn(line: string): Said {
  const value = parsed(line);
  if (value === undefined) return bad(`this is not a JSON object. ${EXPECTED}`);
  switch (value.type) {
    case "user":
      return userIn(value.message);
    case "interrupt":
      return { type: "interrupt" };
    case "control_request":
      return requestIn(value);
    default:
      return bad(`there is no line of type ${named(value.type)}. ${EXPECTED}`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parsed(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function requestIn({ request_id: answer, request }: Fields): Said {
  if (typeof answer !== "string" || !isFields(request))
    return bad('a control_request wants "request_id" and "request".');
  if (request.subtype === "interrupt") return { type: "interrupt", answer };
  const why = `There is no control request ${named(request.subtype)}: interrupt is the only one.`;
  return { type: "unknown request", answer, why };
}

function userIn(message: unknown): Said {
  if (!isFields(message) || message.role !== "user") return bad('"message" wants the role "user" and "content".');
  const { content } = message;
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
  if (!Array.isArray(blocks)) return bad('"content" wants a text, or a list of text and image blocks.');
  const parts = blocks.map(partIn);
  const fault = parts.find((part) => typeof part === "string");
  if (typeof fault === "string") return bad(fault);
  const whole = parts.filter((part) => typeof part !== "string");
  if (whole.every((part) => part.type === "text" && part.text.trim() === "")) return bad("the message is empty.");
  return { type: "prompt", parts: whole };
}

// a text is what is wrong
function partIn(block: unknown): UserPart | string {
  if (!isFields(block)) return "a block of a message wants to be an object.";
  if (block.type === "text")
    return typeof block.text === "string" ? { type: "text", text: block.text } : 'a text block wants "text".';
  if (block.type !== "image")
    return `a message cannot hold a block of type ${named(block.type)}: text and image can be sent.`;
  const { source } = block;
  if (!isFields(source) || source.type !== "base64" || typeof source.data !== "string")
    return 'an image block wants "source" with the type "base64", "media_type" and "data".';
  if (!IMAGES.some((each) => each === source.media_type))
    return `the "media_type" of an image is one of ${IMAGES.join(", ")}.`;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(source.data)) return 'the "data" of an image wants to be base64.';
  return imageIn(Buffer.from(source.data, "base64"));
}

// what a provider refuses would be refused with every message that follows; so would a type that the bytes deny
function imageIn(bytes: Buffer): UserPart | string {
  const fault = imageFault(bytes);
  if (fault !== undefined) return `the "data" of an image ${fault}.`;
  return { type: "image", mime: imageType(bytes) ?? "", data: bytes.toString("base64") };
}

// whatever it is, in a few words
function named(type: unknown): string {
  if (typeof type !== "string") return type === undefined ? "undefined" : typeof type;
  return JSON.stringify(clip(type, 60));
}

function bad(why: string): Said {
  return { type: "bad", why };
}
