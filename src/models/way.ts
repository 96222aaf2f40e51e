import http from "node:http";
import { ModelError } from "../core/model.js";

/** How a server is reached: directly, by a tunnel through a proxy (https), or by asking the proxy (http). */
export type Way = {
  request: typeof http.request;
  agent: http.Agent;
  /** An agent that holds no used connection. */
  fresh(): http.Agent;
  target(url: URL): http.RequestOptions;
  headers(url: URL): Record<string, string>;
  /** The proxy's host. */
  via: string | undefined;
};

/** Loads what the way needs, TLS and proxies only when it does: they cost a start more than the rest of the wire. */
export async function wayTo(url: URL, proxy: string | undefined): Promise<Way> {
  if (proxy === undefined) return direct(url);
  const via = proxyUrl(proxy);
  return url.protocol === "https:" ? tunnel(via) : asking(via);
}

async function direct(url: URL): Promise<Way> {
  const { request, Agent } = await moduleFor(url);
  const fresh = () => new Agent({ keepAlive: true });
  return { request, agent: fresh(), fresh, target: place, headers: () => ({}), via: undefined };
}

async function tunnel(via: URL): Promise<Way> {
  const [{ request }, { HttpsProxyAgent }] = await Promise.all([import("node:https"), import("https-proxy-agent")]);
  const fresh = () => new HttpsProxyAgent(via, { keepAlive: true });
  return { request, agent: fresh(), fresh, target: place, headers: () => ({}), via: via.host };
}

async function asking(via: URL): Promise<Way> {
  const { request, Agent } = await moduleFor(via);
  const fresh = () => new Agent({ keepAlive: true });
  const login = via.username === "" ? {} : { "proxy-authorization": basic(via) };
  return {
    request,
    agent: fresh(),
    fresh,
    target: (url) => ({ ...place(via), path: `${url.origin}${url.pathname}${url.search}` }),
    headers: (url) => ({ host: url.host, ...login }),
    via: via.host,
  };
}

function moduleFor(url: URL): Promise<Pick<typeof http, "request" | "Agent">> | Pick<typeof http, "request" | "Agent"> {
  return url.protocol === "https:" ? import("node:https") : http;
}

function place(url: URL): http.RequestOptions {
  return { hostname: url.hostname.replace(/^\[|\]$/g, ""), port: url.port, path: url.pathname + url.search };
}

// the usual variables also hold proxies without a scheme
function proxyUrl(proxy: string): URL {
  const written = proxy.includes("://") ? proxy : `http://${proxy}`;
  const via = URL.canParse(written) ? new URL(written) : undefined;
  if (via?.protocol === "http:" || via?.protocol === "https:") return via;
  throw new ModelError(
    `The proxy (${via?.protocol ?? "no URL"}) cannot be used: give an http:// or https:// address.`,
    {
      transient: false,
    },
  );
}

function basic({ username, password }: URL): string {
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(login).toString("base64")}`;
}
