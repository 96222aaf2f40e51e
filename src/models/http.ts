import http from "node:http";
import { ModelError } from "../core/model.js";
import type { Timeouts } from "./endpoint.js";

export type Post = { headers: Record<string, string>; body: string; signal: AbortSignal };
export type Answered = { status: number; headers: http.IncomingHttpHeaders; chunks: AsyncIterable<Buffer> };

/** A line to one server: keeps its connection between requests. */
export type Line = { post(url: URL, post: Post): Promise<Answered> };

/** Opens a line. Every wait on it is bounded; a failure is a ModelError that says what to look at. */
export function openLine(timeouts: Timeouts, proxy: string | undefined): Line {
  let way: Way | undefined;
  return {
    async post(url, post) {
      way ??= await wayTo(url, proxy);
      const sent = { url, post, way, timeouts, proxy };
      try {
        return await send(sent);
      } catch (error) {
        // the server closed an idle connection just as it was used again: nothing was read of the request
        if (!(error instanceof StaleConnection)) throw error;
        return send({ ...sent, way: { ...way, agent: way.fresh() } });
      }
    },
  };
}

/** `fresh` makes an agent that holds no used connection. */
type Way = { request: typeof http.request; agent: http.Agent; fresh(): http.Agent };

// TLS is loaded when it is needed: it costs a start more than all the rest of the wire
async function wayTo(url: URL, proxy: string | undefined): Promise<Way> {
  const { request, Agent } = url.protocol === "https:" ? await import("node:https") : http;
  if (proxy === undefined || url.protocol === "http:") {
    const fresh = () => new Agent({ keepAlive: true, noDelay: true });
    return { request, agent: fresh(), fresh };
  }
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  const fresh = () => new HttpsProxyAgent(proxy, { keepAlive: true });
  return { request, agent: fresh(), fresh };
}

class StaleConnection extends Error {}

type Sent = { url: URL; post: Post; way: Way; timeouts: Timeouts; proxy: string | undefined };

function send({ url, post, way, timeouts, proxy }: Sent): Promise<Answered> {
  const { body, signal, headers } = post;
  return new Promise((resolve, reject) => {
    const request = way.request({
      ...target(url, proxy),
      method: "POST",
      agent: way.agent,
      headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    });
    const watch = watchdog(request, timeouts);
    const abort = () => request.destroy(new Error("aborted"));
    const fail = (error: Error) => {
      watch.end();
      signal.removeEventListener("abort", abort);
      reject(connectionFailure(error, { url, request, signal, why: watch.why }));
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    request.on("error", fail);
    request.on("response", (response) => {
      const finish = () => {
        watch.end();
        signal.removeEventListener("abort", abort);
      };
      const chunks = piecesOf(response, { url, request, signal, watch, finish });
      resolve({ status: response.statusCode ?? 0, headers: response.headers, chunks });
    });
    request.end(body);
  });
}

// an http target is asked of the proxy by its whole URL; an https one through the agent's tunnel
function target(url: URL, proxy: string | undefined): http.RequestOptions {
  if (proxy === undefined || url.protocol === "https:") {
    return { hostname: url.hostname.replace(/^\[|\]$/g, ""), port: url.port, path: url.pathname + url.search };
  }
  const via = new URL(proxy);
  return { hostname: via.hostname, port: via.port || 80, path: url.href, setHost: false };
}

type Watchdog = { readonly why: string | undefined; heard(): void; end(): void };

// one timer, set anew at each stage
function watchdog(request: http.ClientRequest, { connect, firstByte, idle }: Timeouts): Watchdog {
  let why: string | undefined;
  let timer: NodeJS.Timeout;
  const arm = (ms: number, reason: string) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      why = `${reason} for ${Math.round(ms / 100) / 10} s`;
      request.destroy(new Error(why));
    }, ms);
  };
  arm(connect, "no connection");
  request.on("socket", (socket) => {
    if (!socket.connecting) return arm(firstByte, "no answer");
    socket.once("connect", () => arm(firstByte, "no answer"));
  });
  request.on("response", () => arm(idle, "nothing more came"));
  return {
    get why() {
      return why;
    },
    heard: () => void timer.refresh(),
    end: () => clearTimeout(timer),
  };
}

type Reading = { url: URL; request: http.ClientRequest; signal: AbortSignal; watch: Watchdog; finish(): void };

async function* piecesOf(response: http.IncomingMessage, reading: Reading): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) {
      reading.watch.heard();
      yield chunk;
    }
  } catch (error) {
    if (reading.signal.aborted) throw abortOf(reading.signal);
    const why = reading.watch.why ?? "the connection broke";
    throw new ModelError(`The answer of ${reading.url.host} was cut off: ${why}.`, { transient: true, cause: error });
  } finally {
    reading.finish();
    response.destroy();
  }
}

type Failure = { url: URL; request: http.ClientRequest; signal: AbortSignal; why: string | undefined };

function connectionFailure(error: Error, { url, request, signal, why }: Failure): Error {
  if (signal.aborted) return abortOf(signal);
  const code = "code" in error ? String(error.code) : "";
  if (request.reusedSocket && (code === "ECONNRESET" || code === "EPIPE")) return new StaleConnection();
  const what = why ?? REASONS[code] ?? error.message;
  const lasting = code.startsWith("ERR_TLS") || code.includes("CERT") || code === "ERR_INVALID_URL";
  return new ModelError(`${url.host} could not be asked: ${what}.`, { transient: !lasting, cause: error });
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: "the connection was refused; is the server running, and is the base URL right?",
  ENOTFOUND: "there is no host of that name; check the base URL and your network",
  EAI_AGAIN: "the name could not be looked up; check your network",
  ECONNRESET: "the connection was closed before an answer",
  ETIMEDOUT: "the connection timed out",
  EPROTO: "it does not speak TLS; is the base URL http:// rather than https://?",
};

/** What an abort throws. */
export function abortOf(signal: AbortSignal): Error {
  return new Error(`Interrupted: ${signal.reason instanceof Error ? signal.reason.message : String(signal.reason)}`);
}
