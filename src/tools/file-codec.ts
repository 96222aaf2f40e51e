import { isUtf8 } from "node:buffer";

/** How a file's bytes become text and become the same bytes again, outside of what was changed. */
export type Codec = {
  name: string;
  decode(bytes: Buffer): string;
  /** Throws a sentence for a character that the encoding does not have. */
  encode(text: string): Buffer;
  /** The encoding is not known: only ASCII may be looked for and written. */
  asciiOnly?: true;
};

const MARK = {
  utf8: Buffer.from([0xef, 0xbb, 0xbf]),
  utf16le: Buffer.from([0xff, 0xfe]),
  utf16be: Buffer.from([0xfe, 0xff]),
};

export const UTF8: Codec = {
  name: "UTF-8",
  decode: (bytes) => bytes.toString("utf8"),
  encode: (text) => Buffer.from(text),
};

const UNKNOWN: Codec = { ...singleBytes("not UTF-8, and of no encoding that is known"), asciiOnly: true };

/**
 * The codec of a file: UTF-8, or UTF-16 by its byte order mark, which stays, or GBK or Latin-1 by their look. In
 * other bytes each is a character of its own, so that ASCII can be edited and the rest survives. Throws for binaries.
 */
export async function codecFor(bytes: Buffer, path: string): Promise<Codec> {
  const wide = wideCodec(bytes);
  if (wide !== undefined) {
    if (survives(wide, bytes)) return wide;
    throw new Error(`${path} is ${wide.name} with an odd number of bytes; mend it first. Nothing was changed.`);
  }
  if (bytes.includes(0)) throw new Error(`${path} is binary; it cannot be edited as text. Nothing was changed.`);
  if (isUtf8(bytes)) return bytes.subarray(0, 3).equals(MARK.utf8) ? marked(MARK.utf8, UTF8) : UTF8;
  const { legacyEncoding, gbkText } = await import("./legacy-text.js");
  const guess = legacyEncoding(bytes);
  if (guess === undefined) return UNKNOWN;
  const codec = guess === "GBK" ? { name: guess, ...gbkText } : singleBytes(guess);
  return survives(codec, bytes) ? codec : UNKNOWN;
}

function wideCodec(bytes: Buffer): Codec | undefined {
  const head = bytes.subarray(0, 2);
  if (head.equals(MARK.utf16le)) return marked(MARK.utf16le, UTF16);
  return head.equals(MARK.utf16be) ? marked(MARK.utf16be, BIG_ENDIAN) : undefined;
}

const UTF16: Codec = {
  name: "UTF-16",
  decode: (bytes) => bytes.toString("utf16le"),
  encode: (text) => Buffer.from(text, "utf16le"),
};

const BIG_ENDIAN: Codec = {
  name: "UTF-16",
  decode: (bytes) =>
    Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
      .swap16()
      .toString("utf16le"),
  encode: (text) => Buffer.from(text, "utf16le").swap16(),
};

function marked(mark: Buffer, { name, decode, encode }: Codec): Codec {
  return {
    name,
    decode: (bytes) => decode(bytes.subarray(mark.length)),
    encode: (text) => Buffer.concat([mark, encode(text.replace(/^\ufeff/, ""))]),
  };
}

function singleBytes(name: string): Codec {
  return {
    name,
    decode: (bytes) => bytes.toString("latin1"),
    encode(text) {
      const foreign = /[^\0-\xff]/u.exec(text)?.[0];
      if (foreign !== undefined) throw new Error(`${name} has no "${foreign}".`);
      return Buffer.from(text, "latin1");
    },
  };
}

function survives({ decode, encode }: Codec, bytes: Buffer): boolean {
  try {
    return encode(decode(bytes)).equals(bytes);
  } catch {
    return false;
  }
}
