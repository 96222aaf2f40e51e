import { ModelError } from "../core/model.js";

/** The most that is read of an answer that comes in one piece, in bytes. */
const WHOLE = 64 * 1024 * 1024;
const ERROR = 64 * 1024;

/** A whole body as text; throws past 64 MiB. */
export async function readAll(chunks: AsyncIterable<Buffer>): Promise<string> {
  const { text, more } = await read(chunks, WHOLE);
  if (more) throw new ModelError("The answer is larger than 64 MiB.", { transient: false });
  return text;
}

/** The beginning of an error's body; a connection that breaks in it does not hide the status. */
export async function errorBody(chunks: AsyncIterable<Buffer>): Promise<string> {
  try {
    return (await read(chunks, ERROR)).text;
  } catch (error) {
    if (error instanceof ModelError) return "";
    throw error;
  }
}

async function read(chunks: AsyncIterable<Buffer>, most: number): Promise<{ text: string; more: boolean }> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    kept.push(chunk);
    size += chunk.length;
    if (size > most) return { text: Buffer.concat(kept).toString("utf8", 0, most), more: true };
  }
  return { text: Buffer.concat(kept).toString("utf8"), more: false };
}
