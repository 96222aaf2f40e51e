type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** What a server may send in one message, in bytes. */
export const LONGEST = 16 << 20;

type Sink = { enqueue(bytes: Uint8Array): void; error(why: Error): void };

const [CR, LF] = [13, 10];

/** A `fetch` whose answers break where one message is longer than that: a whole body, or one event of a stream of events. */
export function bounded(ask: Fetch): Fetch {
  return async (url, init) => {
    const answer = await ask(url, init);
    if (answer.body === null) return answer;
    const { status, statusText, headers } = answer;
    const events = headers.get("content-type")?.startsWith("text/event-stream") === true;
    const body = answer.body.pipeThrough(new TransformStream({ transform: counting(events) }));
    return new Response(body, { status, statusText, headers });
  };
}

function counting(events: boolean): (bytes: Uint8Array, to: Sink) => void {
  let size = 0;
  let lineIsEmpty = false;
  const begin = (bytes: Uint8Array) => {
    // an empty line ends an event
    for (const byte of bytes) {
      if (byte === LF && lineIsEmpty) size = 0;
      if (byte === LF) lineIsEmpty = true;
      else if (byte !== CR) lineIsEmpty = false;
      size += 1;
    }
  };
  return (bytes, to) => {
    if (events) begin(bytes);
    else size += bytes.length;
    if (size > LONGEST) to.error(new Error(`a message is longer than ${LONGEST >> 20} MB`));
    else to.enqueue(bytes);
  };
}
