import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import type { Image } from "../../../core/message.js";
import { fileReason } from "../../../platform/files.js";
import { imageType, MOST_OF_IMAGE } from "../../../platform/image-bytes.js";

/** An image file as a model gets it. Throws a sentence for what is missing, too large or no image. */
export function readImage(path: string): Image {
  const bytes = bytesOf(path);
  const mime = imageType(bytes);
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
    if (stat.size > MOST_OF_IMAGE)
      throw new Error(`it has ${megabytes(stat.size)} MB; an image may have ${megabytes(MOST_OF_IMAGE)} MB`);
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
