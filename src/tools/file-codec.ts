import { isUtf8 } from "node:buffer";

/** How a file's bytes become text and become the same bytes again, outside of what was changed. */
export type Codec = {
  decode(bytes: Buffer): string;
  encode(text: string): Buffer;
  /** The encoding is not known: only ASCII may be looked for and written. */
  asciiOnly?: true;
};

const MARK = {
  utf8: Buffer.from([0xef, 0xbb, 0xbf]),
  utf16le: Buffer.from([0xff, 0xfe]),
  utf16be: Buffer.from([0xfe, 0xff]),
};

/**
 * The codec of a file: UTF-8, or UTF-16 by its byte order mark, which stays. In bytes that are neither, each
 * is a character of its own, so that ASCII can be edited and the rest survives. Throws for binary files.
 */
export function codecFor(bytes: Buffer, path: string): Codec {
  if (bytes.subarray(0, 2).equals(MARK.utf16le))
    return marked(MARK.utf16le, (text) => Buffer.from(text, "utf16le"), "utf16le");
  if (bytes.subarray(0, 2).equals(MARK.utf16be)) return bigEndian();
  if (bytes.includes(0)) throw new Error(`${path} is binary; it cannot be edited as text. Nothing was changed.`);
  if (bytes.subarray(0, 3).equals(MARK.utf8)) return marked(MARK.utf8, (text) => Buffer.from(text), "utf8");
  if (isUtf8(bytes)) return { decode: (all) => all.toString("utf8"), encode: (text) => Buffer.from(text) };
  return { decode: (all) => all.toString("latin1"), encode: (text) => Buffer.from(text, "latin1"), asciiOnly: true };
}

function marked(mark: Buffer, encode: (text: string) => Buffer, encoding: "utf8" | "utf16le"): Codec {
  return {
    decode: (bytes) => bytes.toString(encoding, mark.length),
    encode: (text) => Buffer.concat([mark, encode(text)]),
  };
}

function bigEndian(): Codec {
  return {
    decode: (bytes) =>
      Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)))
        .swap16()
        .toString("utf16le"),
    encode: (text) => Buffer.concat([MARK.utf16be, Buffer.from(text, "utf16le").swap16()]),
  };
}
