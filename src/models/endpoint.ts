/** Where and how a model is asked. Times are in milliseconds. */
export type Endpoint = {
  /** With or without the version and the path of the method; see each wire. */
  baseUrl: string;
  apiKey?: string;
  /** A bearer token in place of a key (Anthropic). */
  authToken?: string;
  model: string;
  /** Context window in tokens; the catalogue's, else 128,000. */
  window?: number;
  /** Output tokens per answer; the catalogue's, else the provider's own default. */
  maxOutput?: number;
  temperature?: number;
  /** Sent with each request, beside the wire's own. */
  headers?: Record<string, string>;
  /** The URL of the proxy to go through. */
  proxy?: string;
  timeouts?: Partial<Timeouts>;
};

/** Until the connection stands (30 s), until the answer begins (5 min), and between two pieces of it (2 min). */
export type Timeouts = { connect: number; firstByte: number; idle: number };

export const TIMEOUTS: Timeouts = { connect: 30_000, firstByte: 300_000, idle: 120_000 };
