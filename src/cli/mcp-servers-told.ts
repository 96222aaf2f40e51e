import type { Config } from "../app/config.js";
import { mcpGround } from "../app/mcp-servers.js";
import { Server } from "../mcp/server.js";
import type { ServerSpec } from "../mcp/types.js";
import { visible } from "../platform/text.js";
import { counted } from "./session-text.js";

/** A server that was connected to, and let go of again. */
export type Tried = { spec: ServerSpec; ready: boolean; words: string; server: Server };

/** Connects to servers, all at once, and says how each stands after that many milliseconds at most. */
export async function tryServers(config: Config, specs: readonly ServerSpec[], ms: number): Promise<Tried[]> {
  const ground = mcpGround(config);
  return Promise.all(
    specs.map(async (spec) => {
      const server = new Server({ spec, ground, changed: () => undefined });
      const late = `no answer in ${Math.round(ms / 1000)} s`;
      const standing = await server.settled(AbortSignal.timeout(ms)).catch(() => undefined);
      const ready = standing?.state === "ready";
      const words = ready
        ? counted(server.catalogue?.tools.length ?? 0, "tool")
        : standing === undefined
          ? late
          : server.told();
      await server.close();
      return { spec, ready, words: visible(words), server };
    }),
  );
}
