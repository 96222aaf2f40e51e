import type { Environment } from "./input.js";

/** The proxy that the usual variables name for an address; NO_PROXY lists host endings, `*` means all. */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const secure = url.protocol === "https:";
  const names = secure ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"];
  const proxy = [...names, "ALL_PROXY", "all_proxy"].map((name) => env[name]).find((value) => value);
  if (!proxy || isExempt(url.hostname, env.NO_PROXY ?? env.no_proxy ?? "")) return undefined;
  return proxy;
}

/** What of an environment names proxies. */
export function proxiesIn(env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).filter(([name, value]) => /^(https?|all|no)_proxy$/i.test(name) && value),
  );
}

function isExempt(host: string, list: string): boolean {
  const exempt = list.split(",").map((entry) =>
    entry
      .trim()
      .replace(/^\*?\./, "")
      .replace(/:\d+$/, ""),
  );
  if (host === "localhost" || host === "127.0.0.1" || host === "[::1]") return true;
  return exempt.some((entry) => entry === "*" || (entry !== "" && (host === entry || host.endsWith(`.${entry}`))));
}
