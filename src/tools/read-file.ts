import { isUtf8 } from "node:buffer";
import { closeSync, fstatSync, readFileSync, readSync } from "node:fs";
import { extname } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { Result, Tool, ToolContext } from "../core/tool.js";
import { openReal } from "../platform/anchored.js";
import { errorCode, fileReason } from "../platform/files.js";
import { reads } from "./reads.js";
import { optional, string, toolInput, whole } from "./schema.js";
import { HASHED, rememberFile } from "./seen-files.js";
import { pathEffect, targetOf } from "./target.js";

/** Lines by default, characters of a line, characters in all, bytes of an image, bytes read to count a file's lines. */
const MOST = { lines: 2000, line: 2000, all: 60_000, image: 5 * 1024 * 1024, count: 100 * 1024 * 1024 };
const PIECE = 256 * 1024;
const IMAGES: Record<string, string> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
};

type Input = { path: string; offset?: number | undefined; limit?: number | undefined };

const INPUT = {
  path: string(),
  offset: optional(whole(1, "first line, from 1")),
  limit: optional(whole(1, "lines, default 2000")),
};

/** Shows a file's lines with their numbers; never holds more of it than it shows. */
export function readFile(): Tool<Input> {
  return {
    name: "read_file",
    description: "Read a file: lines as number, tab, text. Images are shown.",
    input: toolInput(INPUT, { file_path: "path", filename: "path", file: "path" }),
    effect: ({ path }, { cwd }) => pathEffect("read", path, cwd),
    run: async (input, context) => reads(await read(targetOf(input.path, context), input, context)),
  };
}

async function read(target: string, input: Input, context: ToolContext): Promise<Result | string> {
  const file = await open(target, input.path);
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) return (await import("./no-file.js")).folder(target, input.path);
    if (!stat.isFile()) throw new Error(`${input.path} is not a regular file; it cannot be read here.`);
    const bytes = stat.size <= HASHED ? allOf(file, stat.size) : undefined;
    const shown = await show({ file, size: stat.size, bytes }, input, extname(target).toLowerCase());
    rememberFile(context, target, { stat, bytes });
    return shown;
  } finally {
    closeSync(file);
  }
}

/** `bytes` are all of the file when it is small. */
type Opened = { file: number; size: number; bytes: Buffer | undefined };

async function show(opened: Opened, input: Input, extension: string): Promise<Result | string> {
  const { file, size, bytes } = opened;
  const mime = IMAGES[extension];
  if (mime && size <= MOST.image) return { parts: [{ type: "image", mime, data: readFileSync(file, "base64") }] };
  if (size === 0) return "(empty file)";
  const decoder = (bytes && (await legacyDecoder(bytes))) ?? decoderFor(file, input.path, size);
  return lines(opened, decoder, input);
}

// by position, so that who reads on begins at the front
function allOf(file: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let at = 0;
  for (let got = -1; got !== 0 && at < size; at += got) got = readSync(file, bytes, at, size - at, at);
  return bytes.subarray(0, at);
}

async function open(target: string, path: string): Promise<number> {
  try {
    return openReal(target);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw new Error(`${path} cannot be read: ${fileReason(error)}.`);
    throw new Error((await import("./no-file.js")).missing(target, path));
  }
}

function lines({ file, size }: Opened, decoder: Decoder, { path, offset = 1, limit = MOST.lines }: Input): string {
  const window = new LineWindow(offset, limit);
  const piece = Buffer.allocUnsafe(Math.min(PIECE, size));
  let at = decoder.skip;
  let uncounted = false;
  for (;;) {
    const got = readSync(file, piece, 0, piece.length, at);
    if (got === 0) break;
    at += got;
    window.add(decoder.write(piece.subarray(0, got)));
    uncounted = window.full && at > MOST.count;
    if (uncounted) break;
  }
  if (!uncounted) window.end(decoder.end());
  return window.show(path, uncounted);
}

/** The lines from `offset` on, and the number of lines in all. */
class LineWindow {
  readonly #first: number;
  readonly #last: number;
  #rows: string[] = [];
  #size = 0;
  #line = 1;
  #partial = "";
  #long = 0;
  #cutAt = 0;

  constructor(offset: number, limit: number) {
    this.#first = offset;
    this.#last = offset + limit - 1;
  }

  get full(): boolean {
    return this.#cutAt > 0 || this.#line > this.#last;
  }

  add(piece: string): void {
    let from = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", from)) {
      this.#take(piece, from, end);
      this.#close();
      from = end + 1;
    }
    this.#take(piece, from, piece.length);
  }

  end(rest: string): void {
    this.add(rest);
    if (this.#partial !== "" || this.#long > 0) this.#close();
  }

  show(path: string, uncounted: boolean): string {
    const all = this.#line - 1;
    if (this.#rows.length === 0) return `${path} has ${all} lines; line ${this.#first} is past its end.`;
    const last = this.#first + this.#rows.length - 1;
    if (uncounted) return `${this.#rows.join("\n")}\n[more lines follow; go on with offset ${last + 1}]`;
    if (last >= all) return this.#rows.join("\n");
    return `${this.#rows.join("\n")}\n[${all - last} more lines of ${all}; go on with offset ${last + 1}]`;
  }

  // of a line that is not shown nothing is kept
  #take(piece: string, from: number, end: number): void {
    const room = MOST.line - this.#partial.length;
    const wanted = this.#line >= this.#first && !this.full;
    if (wanted && room > 0) this.#partial += piece.slice(from, Math.min(end, from + room));
    this.#long += end - from;
  }

  #close(): void {
    if (this.#line >= this.#first && !this.full) {
      const cut = this.#long > MOST.line ? ` […${this.#long - MOST.line} characters more]` : "";
      const row = `${this.#line}\t${this.#partial.replace(/\r$/, "").toWellFormed()}${cut}`;
      this.#size += row.length + 1;
      if (this.#size > MOST.all && this.#rows.length > 0) this.#cutAt = this.#line;
      else this.#rows.push(row);
    }
    this.#line += 1;
    this.#partial = "";
    this.#long = 0;
  }
}

type Decoder = { skip: number; write(bytes: Buffer): string; end(): string };

// by the byte order mark; without one it is UTF-8
function decoderFor(file: number, path: string, size: number): Decoder {
  const head = Buffer.alloc(Math.min(8192, size));
  readSync(file, head, 0, head.length, 0);
  const [a, b, c] = head;
  if (a === 0xff && b === 0xfe) return withDecoder(new StringDecoder("utf16le"), 2);
  if (a === 0xfe && b === 0xff) return bigEndian();
  if (head.includes(0))
    throw new Error(`${path} is binary (${size} bytes); it cannot be shown. Use bash with file, xxd or strings.`);
  return withDecoder(new StringDecoder("utf8"), a === 0xef && b === 0xbb && c === 0xbf ? 3 : 0);
}

// as it will be edited: text in an older encoding is shown as text
async function legacyDecoder(bytes: Buffer): Promise<Decoder | undefined> {
  if (isUtf8(bytes) || bytes.includes(0)) return undefined;
  const { legacyEncoding } = await import("./legacy-text.js");
  const encoding = legacyEncoding(bytes);
  if (encoding === undefined) return undefined;
  return streamed(encoding === "GBK" ? "gbk" : "latin1", 0);
}

function withDecoder(decoder: StringDecoder, skip: number): Decoder {
  return { skip, write: (bytes) => decoder.write(bytes), end: () => decoder.end() };
}

function bigEndian(): Decoder {
  return streamed("utf-16be", 2);
}

function streamed(encoding: string, skip: number): Decoder {
  const decoder = new TextDecoder(encoding);
  return { skip, write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
}
