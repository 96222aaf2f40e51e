import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Delta } from "../../src/core/event.js";
import { type Message, text } from "../../src/core/message.js";
import type { Model, ModelError, Reply, Request } from "../../src/core/model.js";

export const user = (words: string): Message => ({ role: "user", parts: [text(words)] });

export const ask = (messages: readonly Message[] = [user("hi")], more: Partial<Request> = {}): Request => ({
  system: "be good",
  messages,
  tools: [{ name: "f", description: "f", schema: { type: "object" } }],
  ...more,
});

/** Reads an answer to its end. */
export async function take(
  model: Model,
  request: Request = ask(),
  signal: AbortSignal = new AbortController().signal,
): Promise<{ deltas: Delta[]; reply: Reply }> {
  const deltas: Delta[] = [];
  const stream = model.stream(request, signal);
  for (;;) {
    const step = await stream.next();
    if (step.done) return { deltas, reply: step.value };
    deltas.push(step.value);
  }
}

export function failure(model: Model, request: Request = ask()): Promise<ModelError> {
  return take(model, request).then(
    () => Promise.reject(new Error("it answered")),
    (error: ModelError) => error,
  );
}

export type Seen = { method: string; url: string; headers: IncomingMessage["headers"]; body: string; socket: number };
export type Answering = {
  url: string;
  port: number;
  requests: Seen[];
  [Symbol.asyncDispose](): Promise<void>;
};

/** A server that answers as a test says, for what no script can say. */
export async function answering(answer: (seen: Seen, response: ServerResponse, n: number) => void): Promise<Answering> {
  const requests: Seen[] = [];
  const sockets: unknown[] = [];
  const listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (!sockets.includes(request.socket)) sockets.push(request.socket);
    const { method = "", url = "", headers } = request;
    const body = Buffer.concat(chunks).toString();
    requests.push({ method, url, headers, body, socket: sockets.indexOf(request.socket) });
    answer(requests.at(-1) ?? fail(), response, requests.length - 1);
  };
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function fail(): never {
  throw new Error("unreachable");
}

/** Answers with these SSE data lines. */
export const sse =
  (...lines: readonly (string | object)[]) =>
  (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(lines.map((line) => `data: ${typeof line === "string" ? line : JSON.stringify(line)}\n\n`).join(""));
  };

/** A chat completion chunk. */
export const chunk = (delta: object, finish: string | null = null): object => ({
  choices: [{ index: 0, delta, finish_reason: finish }],
});
