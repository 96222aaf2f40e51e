import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

/** Where a browser comes back to after a login: this machine only. */
export type Loopback = {
  readonly address: string;
  /** The words of the next answer. Rejects when the signal fires. */
  next(signal: AbortSignal): Promise<URLSearchParams>;
  close(): void;
};

const PAGE =
  "<!doctype html><meta charset=utf-8><title>nanocoder</title><p>Done. You can close this page and go back to nanocoder.";

/** Listens on a free port of the loopback. A page under another name that leads here is refused. */
export async function loopback(): Promise<Loopback> {
  const waiting: ((answer: URLSearchParams) => void)[] = [];
  const early: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    const answer = answerIn(request, port());
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "text/html", connection: "close" });
    response.end(answer === undefined ? "" : PAGE);
    if (answer === undefined) return;
    const take = waiting.shift();
    if (take === undefined) early.push(answer);
    else take(answer);
  });
  const port = () => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${port()}/callback`,
    next(signal) {
      const first = early.shift();
      if (first !== undefined) return Promise.resolve(first);
      return new Promise((resolve, reject) => {
        const leave = () => reject(new Error("nobody logged in in time"));
        if (signal.aborted) return leave();
        signal.addEventListener("abort", leave, { once: true });
        waiting.push(resolve);
      });
    },
    close: () => void server.close(),
  };
}

function answerIn({ url = "", headers }: IncomingMessage, port: number): URLSearchParams | undefined {
  if (headers.host !== `127.0.0.1:${port}`) return undefined;
  const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
  const answers = searchParams.has("code") || searchParams.has("error");
  return pathname === "/callback" && answers ? searchParams : undefined;
}
