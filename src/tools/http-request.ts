import nodeHttp, { type IncomingMessage, type RequestOptions } from "node:http";
import { isIP, type LookupFunction } from "node:net";
import { headTail } from "../platform/text.js";
import { isPrivate } from "./address.js";

/** Bytes of a body, characters shown, milliseconds for all, redirects followed. */
const MOST = { body: 5 * 1024 * 1024, shown: 10_000, time: 30_000, redirects: 5 };

/** Names that mean this machine or its cloud's metadata, whatever they resolve to. */
const LOCAL = /^(.*\.)?(localhost|local|internal)$/i;

export type HttpInput = {
  url: string;
  method?: string | undefined;
  headers?: Record<string, string> | undefined;
  query?: Record<string, string> | undefined;
  body?: string | undefined;
};

export type HttpRequest = { input: HttpInput; allowPrivate: readonly string[]; signal: AbortSignal };

/** Sends a request and follows its redirects; each address is checked when the connection is made. */
export async function send({ input, allowPrivate, signal }: HttpRequest): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(MOST.time)]);
  const first = checkedUrl(input.url, input.query);
  return follow(first, { input, allowPrivate, signal: limit });
}

type Asking = HttpRequest;
type Answered = { response: IncomingMessage; body: Buffer; cut: boolean };

function checkedUrl(address: string, query: Record<string, string> = {}): URL {
  if (/[\0-\x20\x7f]/.test(address.trim())) throw new Error("The URL holds blanks or control characters: encode them.");
  if (!URL.canParse(address)) throw new Error(`"${address}" is not a URL; write it like https://host/path.`);
  const url = new URL(address);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new Error(`Only http and https can be asked, not ${url.protocol}`);
  if (url.username !== "" || url.password !== "")
    throw new Error("A URL with a user name or password in it is refused.");
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

async function follow(first: URL, asking: Asking): Promise<string> {
  let url = first;
  for (let hop = 0; hop <= MOST.redirects; hop += 1) {
    const method = hop === 0 ? (asking.input.method ?? "GET") : "GET";
    const answered = await ask(url, method, asking);
    const { statusCode = 0, headers } = answered.response;
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined) return shown(answered, method);
    if (method !== "GET" && method !== "HEAD")
      return `${shown(answered, method)}\n[redirects to ${headers.location}; not followed after ${method}]`;
    url = checkedUrl(new URL(headers.location, url).href);
  }
  throw new Error(`${first.host} redirects more than ${MOST.redirects} times.`);
}

async function ask(url: URL, method: string, { input, allowPrivate, signal }: Asking): Promise<Answered> {
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const name = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const open = allowPrivate.includes(`${name}:${port}`);
  if (!open && (LOCAL.test(name) || (isIP(name) !== 0 && isPrivate(name)))) throw new Error(refused(url.host, name));
  const sameHost = URL.canParse(input.url) && url.host === new URL(input.url).host;
  const options: RequestOptions = {
    method,
    signal,
    agent: false,
    lookup: open ? undefined : await publicLookup(url.host),
    // secrets are for the host they were given for
    headers: { "user-agent": "nanocoder", accept: "*/*", ...(sameHost ? input.headers : {}) },
  };
  const { request: send } = url.protocol === "https:" ? await import("node:https") : nodeHttp;
  return new Promise((resolve, reject) => {
    const request = send(url, options, (response) => {
      read(response).then((got) => resolve({ response, ...got }), reject);
    });
    request.on("error", (error) =>
      reject(signal.aborted ? new Error(`${url.host} did not answer within 30 s.`) : failed(url, error)),
    );
    request.end(method === "GET" || method === "HEAD" ? undefined : input.body);
  });
}

function failed(url: URL, error: Error): Error {
  return error.message.includes("is not a public")
    ? error
    : new Error(`${url.host} could not be asked: ${error.message}.`);
}

function refused(host: string, address: string): string {
  return `${host} (${address}) is not a public server: private, loopback and metadata addresses are refused.`;
}

// the address that is looked up is the one that is connected to: there is no second look-up to change it
async function publicLookup(host: string): Promise<LookupFunction> {
  const { lookup: resolveName } = await import("node:dns");
  return (name, options, done) => {
    resolveName(name, { ...options, all: true }, (error, found) => {
      if (error) return done(error, "", 4);
      const bad = found.find(({ address }) => isPrivate(address));
      if (bad) return done(new Error(refused(host, bad.address)), "", 4);
      if (options.all) return done(null, found);
      const [first] = found;
      return first ? done(null, first.address, first.family) : done(new Error(`${name} has no address`), "", 4);
    });
  };
}

async function read(response: IncomingMessage): Promise<{ body: Buffer; cut: boolean }> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    kept.push(chunk);
    size += chunk.length;
    if (size > MOST.body) {
      response.destroy();
      return { body: Buffer.concat(kept).subarray(0, MOST.body), cut: true };
    }
  }
  return { body: Buffer.concat(kept), cut: false };
}

function shown({ response, body, cut }: Answered, method: string): string {
  const type = response.headers["content-type"] ?? "no content type";
  const first = `[HTTP ${response.statusCode}] ${type}`;
  if (method === "HEAD" || body.length === 0) return `${first}\n(no body)`;
  if (body.includes(0)) return `${first}\n(${body.length} bytes, not text)`;
  const { head, tail, cut: left } = headTail(pretty(body.toString("utf8"), type), { head: MOST.shown, tail: 0 });
  const more = left > 0 || cut ? `\n[${left} characters more${cut ? ", and more than 5 MB" : ""}]` : "";
  return `${first}\n${head}${tail}${more}`.toWellFormed();
}

function pretty(text: string, type: string): string {
  if (!type.includes("json")) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
