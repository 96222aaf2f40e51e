import type { IncomingHttpHeaders } from "node:http";
import type { ModelFailure } from "../core/model.js";
import type { Asked } from "./endpoint.js";
import { kindOf, refusesTools } from "./failure-kinds.js";
import { shown } from "./shown.js";

export type Refusal = { status: number; headers: IncomingHttpHeaders; body: string };

/** Plain data: this file is loaded when something failed, and its copy of ModelError would be another class. */
export type Explained = ModelFailure & { message: string };

/** What an HTTP status other than 200 means, and what to do about it. */
export function explained({ status, headers, body }: Refusal, asked: Asked): Explained {
  const { message, type } = providerWords(body);
  const words = shown(message || body, asked);
  const kind = kindOf(status, `${type} ${words}`);
  const retryAfter = waitWished(headers);
  const said = words === "" ? "" : ` The provider says: ${words}${/[.!?…。！？]$/.test(words) ? "" : "."}`;
  const toolless = kind === undefined && status >= 400 && refusesTools(words);
  return {
    message: `${meaning(status, { asked, kind, toolless, location: headers.location })}${said}`,
    status,
    transient: kind !== "quota" && kind !== "overflow" && !toolless && isTransient(status),
    ...(kind === undefined ? {} : { kind }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

/** The same for an error that came inside an answer which began well. */
export function explainedInStream(body: unknown, asked: Asked): Explained {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const { message, type } = providerWords(text);
  const status = Number(type.split(" ").find((code) => /^[45]\d\d$/.test(code)) ?? 0);
  const kind = kindOf(status, `${type} ${shown(message, asked)}`);
  const named = /overloaded|rate_limit|server_error|api_error|timeout|unavailable/i.test(`${type} ${message}`);
  return {
    message: `${asked.url.host} broke off its answer: ${shown(message || text, asked)}`,
    transient: kind === "overload" || (kind === undefined && (named || isTransient(status))),
    ...(kind === undefined ? {} : { kind }),
  };
}

function isTransient(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || (status >= 500 && status < 600);
}

type Circumstances = {
  asked: Asked;
  kind: ModelFailure["kind"];
  toolless: boolean;
  location: string | undefined;
};

function meaning(status: number, { asked, kind, toolless, location }: Circumstances): string {
  const { host, origin, pathname } = asked.url;
  if (kind === "quota") return `The quota at ${host} is used up (${status}): check plan and billing.`;
  if (status === 413) return `The request is too large for ${host} (413).`;
  if (kind === "overflow") return `The conversation is too long for ${asked.model} at ${host} (${status}).`;
  if (toolless)
    return `${asked.model} at ${host} takes no tools (${status}): choose a model that calls tools with -m, or switch tools on where it is served.`;
  if (status === 401 || status === 403) return `${host} refused the key (${status}): check ${asked.keyFrom}.`;
  if (status === 404)
    return `${origin}${pathname} does not know this model or this address (404): check -m and the base URL.`;
  if (status === 407) return "The proxy wants a login (407): put user and password into its URL.";
  if (status === 429) return `${host} asks to slow down (429).`;
  if (status >= 300 && status < 400) return `${host} sends elsewhere (${status})${placeOf(location, asked)}.`;
  if (kind === "overload") return `${host} has too much to do (${status}).`;
  if (status >= 500) return `${host} failed (${status}).`;
  return `${host} refused the request (${status}).`;
}

function placeOf(location: string | undefined, asked: Asked): string {
  return location === undefined ? "" : `, to ${shown(location, asked)}: set the base URL to the final address`;
}

type Words = { message: string; type: string };
type ErrorBody = { message?: unknown; detail?: unknown; type?: unknown; code?: unknown; status?: unknown };

function providerWords(body: string): Words {
  try {
    const parsed: { error?: unknown } & ErrorBody = JSON.parse(body);
    const error = parsed.error ?? parsed;
    if (typeof error === "string") return { message: error, type: "" };
    return words(typeof error === "object" && error !== null ? error : {});
  } catch {
    return { message: "", type: "" };
  }
}

function words({ message, detail, type, code, status }: ErrorBody): Words {
  const said = message ?? detail ?? "";
  return {
    message: typeof said === "string" ? said : JSON.stringify(said),
    type: [type, code, status].map((each) => String(each ?? "")).join(" "),
  };
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
