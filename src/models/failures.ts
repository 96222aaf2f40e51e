import type { IncomingHttpHeaders } from "node:http";
import { ModelError } from "../core/model.js";

/** Characters of a provider's own words that are shown. */
const SHOWN = 500;

export type Refusal = {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  url: URL;
  /** Never shown, also when the provider repeats it. */
  secrets: readonly (string | undefined)[];
};

/** The failure that an HTTP status other than 200 stands for. */
export function refusal({ status, headers, body, url, secrets }: Refusal): ModelError {
  const { message, type } = providerWords(body);
  const words = clean(message || body, secrets);
  const quota =
    status === 429 && /insufficient_quota|billing|exceeded your current quota|credit balance/i.test(`${type} ${words}`);
  const transient = !quota && (status === 408 || status === 409 || status === 429 || status >= 500);
  const retryAfter = waitWished(headers);
  const said = words === "" ? "" : ` The provider says: ${words}`;
  return new ModelError(`${meaning(status, url, quota)}${said}`, {
    status,
    transient,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** An error that came inside a stream that began well. */
export function streamFailure(body: unknown, url: URL): ModelError {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const { message, type } = providerWords(text);
  const transient = /overloaded|rate_limit|server_error|api_error|timeout|unavailable/i.test(`${type} ${message}`);
  return new ModelError(`${url.host} broke off its answer: ${clean(message || text, [])}`, { transient });
}

/** A 200 that is no answer of a model. */
export function strangeAnswer(url: URL, type: string | undefined, head: string): ModelError {
  const shown = head.trim().replace(/\s+/g, " ").slice(0, 200);
  const what = `${url.origin}${url.pathname} answered with ${type ?? "no content type"}, not with a model's words`;
  return new ModelError(`${what}: "${shown}". Check the base URL.`, { status: 200, transient: false });
}

function meaning(status: number, url: URL, quota: boolean): string {
  if (quota) return `The quota at ${url.host} is used up (429): check plan and billing.`;
  if (status === 401 || status === 403) return `${url.host} refused the key (${status}): check it and what it may use.`;
  if (status === 404)
    return `${url.origin}${url.pathname} does not know this model or this address (404): check -m and the base URL.`;
  if (status === 413) return `The request is too large for ${url.host} (413).`;
  if (status === 429) return `${url.host} asks to slow down (429).`;
  if (status >= 300 && status < 400)
    return `${url.host} sends elsewhere (${status}): set the base URL to the final address.`;
  if (status >= 500) return `${url.host} failed (${status}).`;
  return `${url.host} refused the request (${status}).`;
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

function clean(text: string, secrets: readonly (string | undefined)[]): string {
  const flat = text.trim().replace(/\s+/g, " ").slice(0, SHOWN);
  return secrets.reduce(
    (left: string, secret) => (secret && secret.length > 5 ? left.replaceAll(secret, "[key]") : left),
    flat,
  );
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
