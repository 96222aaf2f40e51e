import { type Mcp, mcp } from "../mcp/plugin.js";
import type { ElicitAnswer, Elicited, Ground } from "../mcp/types.js";
import { cataloguesIn } from "../store/catalogues.js";
import { tokensIn } from "../store/tokens.js";
import { schemaFault } from "../tools/json-schema.js";
import { misfits } from "../tools/json-schema-fit.js";
import type { Config } from "./config.js";
import { proxyFor } from "./proxy.js";

type Front = {
  notice(line: string): void;
  elicit?(asked: Elicited, signal: AbortSignal): Promise<ElicitAnswer>;
};

/** The MCP servers of a session. Nothing is started yet. */
export function mcpServers(config: Config, { notice, elicit }: Front): Mcp {
  const { specs, only } = config.mcp;
  return mcp({
    specs,
    ground: mcpGround(config, elicit),
    checks: { fault: (schema) => schemaFault(schema)?.why, misfits },
    notice,
    only,
  });
}

/** What connections of this configuration stand on. Where nobody is there, a form is declined. */
export function mcpGround({ cwd, home, childEnv, mcp: { keep, proxies } }: Config, elicit?: Front["elicit"]): Ground {
  return {
    ...{ version: VERSION, cwd, env: inherited(childEnv) },
    tokens: tokensIn(home),
    ...(keep && { catalogues: cataloguesIn(home) }),
    ...(Object.keys(proxies).length > 0 && { fetch: throughProxies(proxies) }),
    elicit: elicit ?? (async () => ({ action: "decline" })),
  };
}

function throughProxies(proxies: Config["mcp"]["proxies"]): NonNullable<Ground["fetch"]> {
  let through: NonNullable<Ground["fetch"]> | undefined;
  return async (url, init) => {
    through ??= (await import("../models/proxied-fetch.js")).proxiedFetch((to) => proxyFor(to, proxies));
    return through(url, init);
  };
}

declare const __VERSION__: string;
// there is none where the sources run as they stand
const VERSION = typeof __VERSION__ === "string" ? __VERSION__ : "0.0.0";

const INHERITED =
  /^(HOME|LOGNAME|PATH|SHELL|TERM|USER|LANG|LC_\w+|TMPDIR|TZ|(HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy)$/;

// what a program needs to run; everything else is for its configuration to name
function inherited(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => INHERITED.test(name)));
}
