/** Characters of one line. */
const LINE = 2000;
/** Bytes below which the beginning of a file is of no use. */
const LEAST = 500;

// what no reader sees: control characters but tab and line feed, formats such as bidi and zero width, fillers, tag letters and the like
const HIDDEN =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u115f\u1160\u17b4\u17b5\u2028\u2029\u3164\uffa0]|\p{Cf}|\u034f|[\u180b-\u180f]|[\u{e0000}-\u{e0fff}]/gu;
// a joiner within an emoji or a word of a script that needs it
const JOINS =
  /(?<=[^\0-\x7f])(?<=\p{L}|\p{M}|\p{Extended_Pictographic}|\p{Emoji_Modifier})[\u200c\u200d](?=[^\0-\x7f])(?=\p{L}|\p{M}|\p{Extended_Pictographic})/gu;
/** Stands for a joiner that stays: a private character, of which none comes in. */
const KEPT = { "\u200c": "\uf8fe", "\u200d": "\uf8ff" } as const;

/** A text as a reader sees it: hidden characters are gone, and counted; of very long lines only the beginning stays. */
export function cleaned(text: string): { text: string; hidden: number } {
  const marked = text
    .replace(/^\ufeff/, "")
    .replace(/\r\n?/g, "\n")
    .replace(/[\uf8fe\uf8ff]/g, "")
    .replace(JOINS, (char) => (char === "\u200c" ? KEPT["\u200c"] : KEPT["\u200d"]));
  const seen = marked.replace(HIDDEN, "");
  const back = seen.replaceAll(KEPT["\u200c"], "\u200c").replaceAll(KEPT["\u200d"], "\u200d");
  return { text: back.split("\n").map(shortLine).join("\n").trim(), hidden: marked.length - seen.length };
}

function shortLine(line: string): string {
  if (line.length <= LINE) return line;
  return `${line.slice(0, LINE).toWellFormed()} [${line.length - LINE} more characters of this line are left out]`;
}

// what could end the frame, open another one, or look like the turn of somebody else to a model or its template
const POSES =
  /[<＜﹤‹](?=[\s/／]*(?:instructions?|system|user|assistant|human|developer|tool|function|antml|sys|start_of_turn|end_of_turn|s>)|[|｜])|\[(?=\/?INST\])/gi;

/** A file's words in a frame that they cannot leave, which says whose they are and where they stand. */
export function framed({ text, from, whose }: { text: string; from: string; whose: "user" | "project" }): string {
  return `<instructions by="${whose}" from="${attribute(from)}">\n${unposed(text)}\n</instructions>`;
}

/** Words that cannot pass for the turn of somebody else. */
export function unposed(text: string): string {
  return text.replace(POSES, (char) => (char === "[" ? "&#91;" : "&lt;"));
}

/** A path in one line that ends no quote. */
export function attribute(path: string): string {
  const plain = path
    .replace(/[\n\t"<>＜＞﹤﹥‹›]|\p{Zs}/gu, (char) => (char === " " ? char : "?"))
    .replace(HIDDEN, "?");
  return plain.length > 300 ? `…${plain.slice(-299).toWellFormed()}` : plain;
}

/** The beginning of a text within so many bytes, at the end of a line, and a mark; `cut` is what is left out. */
export function within(text: string, most: number, where: string): { text: string; cut: number } {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return { text, cut: 0 };
  if (most < LEAST) return { text: `[not quoted here: ${bytes.length} bytes are in ${where}]`, cut: bytes.length };
  const head = bytes
    .subarray(0, most)
    .toString("utf8")
    .replace(/\ufffd+$/, "");
  const line = head.lastIndexOf("\n");
  const kept = line > head.length / 2 ? head.slice(0, line) : head;
  const cut = bytes.length - Buffer.byteLength(kept);
  return { text: `${kept}\n[cut here: ${cut} more bytes are in ${where}]`, cut };
}
