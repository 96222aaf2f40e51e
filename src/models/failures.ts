import type { IncomingHttpHeaders } from "node:http";
import { ModelError } from "../core/model.js";
import type { Asked } from "./endpoint.js";

/** Characters of a provider's own words that are shown. */
const SHOWN = 500;

export type Refusal = { status: number; headers: IncomingHttpHeaders; body: string };

/** The failure that an HTTP status other than 200 stands for. */
export function refusal({ status, headers, body }: Refusal, asked: Asked): ModelError {
  const { message, type } = providerWords(body);
  const words = clean(message || body, asked);
  const empty = /insufficient_quota|billing|exceeded your current quota|credit balance|insufficient balance/i;
  const quota = status === 402 || ([400, 403, 429].includes(status) && empty.test(`${type} ${words}`));
  const retryAfter = waitWished(headers);
  const said = words === "" ? "" : ` The provider says: ${words}`;
  return new ModelError(`${meaning(status, { asked, quota, location: headers.location })}${said}`, {
    status,
    transient: !quota && isTransient(status),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** An error that came inside a stream that began well. */
export function streamFailure(body: unknown, asked: Asked): ModelError {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const { message, type } = providerWords(text);
  const named = /overloaded|rate_limit|server_error|api_error|timeout|unavailable/i.test(`${type} ${message}`);
  const transient = named || type.split(" ").some((code) => isTransient(Number(code)));
  return new ModelError(`${asked.url.host} broke off its answer: ${clean(message || text, asked)}`, { transient });
}

/** A 200 that is no answer of a model. */
export function strangeAnswer(asked: Asked, type: string | undefined, head: string): ModelError {
  const { origin, pathname } = asked.url;
  const what = `${origin}${pathname} answered with ${type || "no content type"}, not with a model's words`;
  const shown = clean(head, asked).slice(0, 200);
  return new ModelError(`${what}: "${shown}". Check the base URL.`, { status: 200, transient: false });
}

/** What came where JSON was due. */
export function notJson(text: string, asked: Asked, cause?: unknown): ModelError {
  const shown = clean(text, asked).slice(0, 100);
  return new ModelError(`${asked.url.host} sent something that is no JSON object: ${shown}`, {
    transient: true,
    cause,
  });
}

function isTransient(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || (status >= 500 && status < 600);
}

type Circumstances = { asked: Asked; quota: boolean; location: string | undefined };

function meaning(status: number, { asked, quota, location }: Circumstances): string {
  const { host, origin, pathname } = asked.url;
  if (quota) return `The quota at ${host} is used up (${status}): check plan and billing.`;
  if (status === 401 || status === 403) return `${host} refused the key (${status}): check ${asked.keyFrom}.`;
  if (status === 404)
    return `${origin}${pathname} does not know this model or this address (404): check -m and the base URL.`;
  if (status === 407) return "The proxy wants a login (407): put user and password into its URL.";
  if (status === 413) return `The request is too large for ${host} (413).`;
  if (status === 429) return `${host} asks to slow down (429).`;
  if (status >= 300 && status < 400) return `${host} sends elsewhere (${status})${placeOf(location, asked)}.`;
  if (status >= 500) return `${host} failed (${status}).`;
  return `${host} refused the request (${status}).`;
}

function placeOf(location: string | undefined, asked: Asked): string {
  return location === undefined ? "" : `, to ${clean(location, asked)}: set the base URL to the final address`;
}

type Words = { message: string; type: string };

function providerWords(body: string): Words {
  try {
    const parsed: { error?: unknown; message?: unknown; detail?: unknown } = JSON.parse(body);
    const error = parsed.error ?? parsed;
    if (typeof error === "string") return { message: error, type: "" };
    return words(typeof error === "object" && error !== null ? error : {});
  } catch {
    return { message: "", type: "" };
  }
}

function words(error: { message?: unknown; detail?: unknown; type?: unknown; code?: unknown }): Words {
  const message = error.message ?? error.detail ?? "";
  return {
    message: typeof message === "string" ? message : JSON.stringify(message),
    type: `${String(error.type ?? "")} ${String(error.code ?? "")}`,
  };
}

// secrets go before the text is cut: half a key is a key too
function clean(text: string, { secrets }: Asked): string {
  const safe = secrets.reduce((left, secret) => (secret.length > 5 ? left.replaceAll(secret, "[key]") : left), text);
  return safe.trim().replace(/\s+/g, " ").slice(0, SHOWN);
}

// Retry-After in seconds or as a date (RFC 9110, 10.2.3); retry-after-ms as some providers add
function waitWished(headers: IncomingHttpHeaders): number | undefined {
  const ms = Number(headers["retry-after-ms"]);
  if (headers["retry-after-ms"] !== undefined && ms >= 0) return ms;
  const after = headers["retry-after"];
  if (after === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(after)) return Number(after) * 1000;
  const date = Date.parse(after);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
