import type http from "node:http";
import { ModelError } from "../core/model.js";
import { sentence } from "../core/run-tools.js";
import type { Timeouts } from "./endpoint.js";
import type { Body } from "./request-body.js";
import { type Way, wayTo } from "./way.js";

export type Post = { headers: Record<string, string>; body: Body; signal: AbortSignal };
export type Answered = { status: number; headers: http.IncomingHttpHeaders; chunks: AsyncIterable<Buffer> };

/** A line to one server: keeps its connection between requests. */
export type Line = { post(url: URL, post: Post): Promise<Answered> };

/** Opens a line. Every wait on it is bounded; a failure is a ModelError that says what to look at. */
export function openLine(timeouts: Timeouts, proxy: string | undefined): Line {
  let known: Promise<Way> | undefined;
  return {
    async post(url, post) {
      known ??= wayTo(url, proxy);
      const way = await known;
      const sent = { url, post, timeouts };
      try {
        return await send(way, sent);
      } catch (error) {
        // the server closed an idle connection just as it was used again: nothing was read of the request
        if (!(error instanceof StaleConnection)) throw error;
        const renewed = { ...way, agent: way.fresh() };
        known = Promise.resolve(renewed);
        return send(renewed, sent);
      }
    },
  };
}

class StaleConnection extends Error {}

type Sent = { url: URL; post: Post; timeouts: Timeouts };

function send(way: Way, { url, post, timeouts }: Sent): Promise<Answered> {
  const { body, signal } = post;
  return new Promise((resolve, reject) => {
    const request = open(way, url, post);
    request.setNoDelay(true);
    const watch = watchdog(request, timeouts);
    // without an error: where an answer is whole but not read yet, nobody listens to the socket any more
    const abort = () => request.destroy();
    const finish = () => {
      watch.end();
      signal.removeEventListener("abort", abort);
    };
    request.on("error", (error) => {
      finish();
      reject(connectionFailure(error, { url, via: way.via, request, signal, why: watch.why }));
    });
    request.on("response", (response) => {
      const chunks = piecesOf(response, { url, signal, watch, finish });
      resolve({ status: response.statusCode ?? 0, headers: response.headers, chunks });
    });
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    request.cork();
    for (const bytes of body) if (bytes.length > 0) request.write(bytes);
    request.end();
  });
}

// a key with a line break in it is refused here, before anything is sent
function open(way: Way, url: URL, { headers, body }: Post): http.ClientRequest {
  const length = {
    "content-type": "application/json",
    "content-length": body.reduce((sum, bytes) => sum + bytes.length, 0),
  };
  try {
    return way.request({
      ...way.target(url),
      method: "POST",
      agent: way.agent,
      headers: { ...headers, ...length, ...way.headers(url) },
    });
  } catch (error) {
    const what = sentence(error);
    throw new ModelError(`${url.host} could not be asked: ${what}; look for a line break or a space in the key.`, {
      transient: false,
      cause: error,
    });
  }
}

type Watchdog = { readonly why: string | undefined; rest(): void; wait(): void; end(): void };

// one timer, set anew at each stage; a reader that takes its time is not the server's silence
function watchdog(request: http.ClientRequest, { connect, firstByte, idle }: Timeouts): Watchdog {
  let why: string | undefined;
  let timer: NodeJS.Timeout;
  let resting = false;
  const arm = (ms: number, reason: string) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (resting) return;
      why = `${reason} for ${Math.round(ms / 100) / 10} s`;
      request.destroy(new Error(why));
    }, ms);
  };
  arm(connect, "no connection");
  request.on("socket", (socket) => {
    const connected = "encrypted" in socket ? "secureConnect" : "connect";
    if (socket.connecting) socket.once(connected, () => arm(firstByte, "no answer"));
    else arm(firstByte, "no answer");
  });
  request.on("response", () => arm(idle, "nothing more came"));
  return {
    get why() {
      return why;
    },
    rest() {
      resting = true;
    },
    wait() {
      resting = false;
      timer.refresh();
    },
    end: () => clearTimeout(timer),
  };
}

type Reading = { url: URL; signal: AbortSignal; watch: Watchdog; finish(): void };

async function* piecesOf(response: http.IncomingMessage, reading: Reading): AsyncGenerator<Buffer> {
  const { url, signal, watch } = reading;
  try {
    for await (const chunk of response) {
      watch.rest();
      yield chunk;
      watch.wait();
    }
  } catch (error) {
    if (signal.aborted) throw abortOf(signal);
    const why = watch.why ?? "the connection broke";
    throw new ModelError(`The answer of ${url.host} was cut off: ${why}.`, { transient: true, cause: error });
  } finally {
    reading.finish();
  }
}

type Failure = {
  url: URL;
  via: string | undefined;
  request: http.ClientRequest;
  signal: AbortSignal;
  why: string | undefined;
};

function connectionFailure(error: Error, { url, via, request, signal, why }: Failure): Error {
  if (signal.aborted) return abortOf(signal);
  const code = "code" in error ? String(error.code) : "";
  if (why === undefined && request.reusedSocket && (code === "ECONNRESET" || code === "EPIPE"))
    return new StaleConnection();
  const what = why ?? REASONS[code] ?? error.message;
  const through = via === undefined ? "" : ` through the proxy ${via}`;
  const lasting = /^ERR_TLS|CERT|^UNABLE_TO|^EPROTO$/.test(code);
  const end = what.endsWith("?") ? "" : ".";
  return new ModelError(`${url.host} could not be asked${through}: ${what}${end}`, {
    transient: !lasting,
    cause: error,
  });
}

const UNTRUSTED = "its certificate is not trusted; set NODE_EXTRA_CA_CERTS to the file of the authority that signed it";

const REASONS: Record<string, string> = {
  ECONNREFUSED: "the connection was refused; is the server running, and is the base URL right?",
  ENOTFOUND: "there is no host of that name; check the base URL and your network",
  EAI_AGAIN: "the name could not be looked up; check your network",
  ECONNRESET: "the connection was closed before an answer",
  ETIMEDOUT: "the connection timed out",
  EPROTO: "it does not speak TLS; is the base URL http:// rather than https://?",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name; check the base URL",
};

/** What an abort throws. */
export function abortOf(signal: AbortSignal): Error {
  return new Error(`Interrupted: ${signal.reason instanceof Error ? signal.reason.message : String(signal.reason)}`);
}
