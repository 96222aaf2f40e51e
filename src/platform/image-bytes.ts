/** Bytes of an image, so that every provider takes it in base64: Anthropic's limit of 5 MiB there is the lowest. */
export const MOST_OF_IMAGE = 3_932_160;

/** What an image's first bytes say that it is, as a MIME type; undefined for what not every provider takes. */
export function imageType(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, 12).toString("latin1");
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(head)) return "image/gif";
  return /^RIFF.{4}WEBP$/s.test(head) ? "image/webp" : undefined;
}

/** Why not every provider takes an image, as the end of a sentence about it; undefined when each does. */
export function imageFault(bytes: Buffer): string | undefined {
  if (imageType(bytes) === undefined) return "is no PNG, JPEG, GIF or WebP";
  return bytes.length > MOST_OF_IMAGE
    ? `has ${bytes.length} bytes: every provider takes ${MOST_OF_IMAGE} at most`
    : undefined;
}
