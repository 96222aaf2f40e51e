import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import type { Image } from "../../../core/message.js";
import { fileReason } from "../../../platform/files.js";

/** Bytes of an image, so that every provider takes it in base64: Anthropic's limit of 5 MiB there is the lowest. */
const MOST = 3_932_160;

/** An image file as a model gets it. Throws a sentence for what is missing, too large or no image. */
export function readImage(path: string): Image {
  const bytes = bytesOf(path);
  const mime = mimeOf(bytes);
  if (mime === undefined) throw new Error(`${path} is no PNG, JPEG, GIF or WebP image.`);
  return { type: "image", mime, data: bytes.toString("base64") };
}

function bytesOf(path: string): Buffer {
  let file: number | undefined;
  try {
    // a pipe would wait for a writer
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error("it is no file");
    if (stat.size > MOST) throw new Error(`it has ${megabytes(stat.size)} MB; an image may have ${megabytes(MOST)} MB`);
    return readFileSync(file);
  } catch (error) {
    throw new Error(`The image ${path} cannot be sent: ${fileReason(error)}.`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

/** What an image's first bytes say that it is. */
function mimeOf(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, 12).toString("latin1");
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(head)) return "image/gif";
  return /^RIFF.{4}WEBP$/s.test(head) ? "image/webp" : undefined;
}
