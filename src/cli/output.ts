type Stream = NodeJS.WriteStream;

/** Writes and waits until it is out. A reader that has gone is told to `gone`; any other failure throws. */
export function write(stream: Stream, text: string, gone: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error && !("code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED")))
        return reject(error);
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
