import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type Way, wayTo } from "./way.js";

type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>;

/** Answers that have no body, whatever they say. */
const EMPTY = new Set([204, 205, 304]);

/** The web's `fetch` for addresses that are reached through a proxy, which Node's own does not know of. Redirects are given as they are. */
export function proxiedFetch(proxyOf: (url: URL) => string | undefined): Fetch {
  const ways = new Map<string, Promise<Way>>();
  return async (input, init = {}) => {
    const url = new URL(input);
    const proxy = proxyOf(url);
    if (proxy === undefined) return fetch(input, init);
    const key = `${url.protocol}${proxy}`;
    const way = ways.get(key) ?? wayTo(url, proxy);
    ways.set(key, way);
    try {
      return responseOf(await sent(await way, url, init));
    } catch (error) {
      init.signal?.throwIfAborted();
      // as fetch says it
      throw new TypeError("fetch failed", { cause: error });
    }
  };
}

async function sent(
  way: Way,
  url: URL,
  { method = "GET", headers, body, signal }: RequestInit,
): Promise<IncomingMessage> {
  // what is sent is JSON or a form
  const bytes = body === undefined || body === null ? undefined : Buffer.from(String(body));
  const named = new Headers(headers);
  if (body instanceof URLSearchParams && !named.has("content-type"))
    named.set("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
  const request = way.request({
    ...way.target(url),
    ...{ method, agent: way.agent },
    ...(signal ? { signal } : {}),
    headers: {
      ...Object.fromEntries(named),
      ...(bytes && { "content-length": bytes.length }),
      ...way.headers(url),
    },
  });
  request.end(bytes);
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("no answer came");
  return response;
}

function responseOf(message: IncomingMessage): Response {
  const { statusCode: status = 502, statusMessage: statusText = "", rawHeaders } = message;
  const pairs = rawHeaders.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""]] : [],
  );
  if (EMPTY.has(status)) message.resume();
  const body = EMPTY.has(status) ? null : ReadableStream.from(message);
  return new Response(body, { status, statusText, headers: pairs });
}
