import { ModelError } from "../core/model.js";

/**
 * Where and how a model is asked.
 *
 * @example
 * const endpoint: Endpoint = { baseUrl: "http://localhost:11434", model: "qwen3", window: 32_000, timeouts: { idle: 600_000 } };
 */
export type Endpoint = {
  /** With or without the version and the path of the method; see each wire. */
  baseUrl: string;
  /** Sent as the wire wants it; none when absent. */
  apiKey?: string;
  /** A bearer token in place of a key (Anthropic). */
  authToken?: string;
  /** Where the key came from, for the message that says it was refused. */
  keyFrom?: string;
  /** Its name at that address. */
  model: string;
  /** Context window in tokens; the catalogue's, else 128,000. */
  window?: number;
  /** Output tokens per answer; the catalogue's, else the provider's own default. */
  maxOutput?: number;
  /** The provider's own when absent. */
  temperature?: number;
  /** Sent with each request, beside the wire's own. */
  headers?: Record<string, string>;
  /** The URL of the proxy to go through. */
  proxy?: string;
  /** How long is waited. */
  timeouts?: Partial<Timeouts>;
};

/**
 * How long is waited, in milliseconds.
 *
 * @prop connect - Until the connection stands; 30 s.
 * @prop firstByte - Until the answer begins; 5 min.
 * @prop idle - Between two pieces of it; 2 min.
 * @example
 * const patient: Partial<Timeouts> = { firstByte: 900_000 };
 */
export type Timeouts = { connect: number; firstByte: number; idle: number };

export const TIMEOUTS: Timeouts = { connect: 30_000, firstByte: 300_000, idle: 120_000 };

/** Who is asked, as far as messages need it: `secrets` are never shown, also when the provider repeats them. */
export type Asked = { url: URL; model: string; keyFrom: string; secrets: readonly string[] };

/** `usual` is where the key usually comes from. */
export function askedOf(url: URL, { model, apiKey, authToken, headers, keyFrom }: Endpoint, usual: string): Asked {
  const secrets = [apiKey, authToken, ...Object.values(headers ?? {})].filter((secret) => secret !== undefined);
  return { url, model, keyFrom: keyFrom ?? usual, secrets };
}

/** The base URL and its path without slashes at the end; throws for what is no http address. */
export function baseOf(baseUrl: string): { url: URL; path: string } {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new ModelError(`The base URL "${baseUrl}" is no address: write it like https://host/v1.`, {
      transient: false,
    });
  }
  return { url, path: url.pathname.replace(/\/+$/, "") };
}
