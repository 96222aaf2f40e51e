import type { Json } from "../core/message.js";
import { fileReason } from "../platform/files.js";

type Stream = NodeJS.WriteStream;

/** A value in one line, also for readers to whom U+0085, U+2028 and U+2029 end one. */
export function jsonLine(value: Json): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(value).replace(/[\u0085\u2028\u2029]/g, escaped)}\n`;
}

/** Writes a line while work goes on. One that does not come through, for whatever reason, is told to `gone`. */
export function tell(stream: Stream, value: Json, gone: () => void): void {
  write(stream, jsonLine(value), gone).catch(gone);
}

/** Writes and waits until it is out. A reader that has gone is told to `gone`; any other failure throws. */
export function write(stream: Stream, text: string, gone: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error && !("code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED")))
        return reject(new Error(`The output cannot be written: ${fileReason(error)}.`));
      if (error) gone();
      resolve();
    });
  });
}

/** Whether a stream wants colours: a terminal, and neither NO_COLOR nor TERM=dumb is set. */
export function colours(stream: Stream): boolean {
  const { NO_COLOR, TERM, FORCE_COLOR } = process.env;
  if (NO_COLOR) return false;
  return FORCE_COLOR ? true : Boolean(stream.isTTY) && TERM !== "dumb";
}
