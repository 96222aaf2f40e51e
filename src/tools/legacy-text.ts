/** Text in GBK; `encode` throws a sentence for a character that GBK does not have. */
export const gbkText = {
  decode: (bytes: Buffer): string => new TextDecoder("gbk", { fatal: true }).decode(bytes),
  encode(text: string): Buffer {
    const codes = gbkCodes();
    const bytes: number[] = [];
    for (const char of text) {
      const code = char < "\x80" ? char.charCodeAt(0) : codes.get(char);
      if (code === undefined) throw new Error(`GBK has no "${char}".`);
      if (code > 0xff) bytes.push(code >> 8);
      bytes.push(code & 0xff);
    }
    return Buffer.from(bytes);
  },
};

/** The encoding that bytes which are not UTF-8 look like; undefined when they look like none that is known. */
export function legacyEncoding(bytes: Buffer): "GBK" | "Latin-1" | undefined {
  if (looksGbk(bytes)) return "GBK";
  return looksLatin(bytes) ? "Latin-1" : undefined;
}

// in Chinese text nearly each pair has both its bytes above 0xa0; in other 8-bit text few have
function looksGbk(bytes: Buffer): boolean {
  let [pairs, common] = [0, 0];
  for (let at = 0; at < bytes.length; at += 1) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) continue;
    at += 1;
    const trail = bytes[at] ?? 0;
    if (lead === 0x80 || lead === 0xff || trail < 0x40 || trail === 0x7f || trail === 0xff) return false;
    pairs += 1;
    if (lead > 0xa0 && trail > 0xa0) common += 1;
  }
  return pairs > 0 && common / pairs >= 0.8;
}

// accented letters stand beside ASCII ones
function looksLatin(bytes: Buffer): boolean {
  let [letters, beside] = [0, 0];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if ((byte >= 0x80 && byte < 0xa0) || byte === 0xff) return false;
    if (byte < 0xc0) continue;
    letters += 1;
    if (isLetter(bytes[at - 1]) || isLetter(bytes[at + 1])) beside += 1;
  }
  return letters === 0 || beside / letters >= 0.7;
}

function isLetter(byte = 0): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

let known: Map<string, number> | undefined;

// the decoder's own table, backwards; the first of two codes for a character is taken
function gbkCodes(): Map<string, number> {
  if (known !== undefined) return known;
  const codes: number[] = [];
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) if (trail !== 0x7f) codes.push((lead << 8) | trail);
  }
  const rows = Buffer.from(codes.flatMap((code) => [code >> 8, code & 0xff, 0x0a]));
  const chars = new TextDecoder("gbk").decode(rows).split("\n");
  known = new Map();
  for (const [at, code] of codes.entries()) {
    const char = chars[at] ?? "";
    if ([...char].length === 1 && char !== "\ufffd" && !known.has(char)) known.set(char, code);
  }
  return known;
}
