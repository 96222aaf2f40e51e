import type { Tool } from "../core/tool.js";
import { isFields } from "../platform/fields.js";
import { within } from "../platform/waiting.js";
import { aboutOf, type Entry } from "./pool.js";
import type { Server } from "./server.js";

/** The state key of the names of tools that were loaded on demand. */
export const LOADED = "mcp.loaded";
/** The tools that are loaded at once, and the names that are listed. */
const MOST = { loaded: 10, listed: 200 };
/** For servers that are still being connected, in milliseconds. */
const WAIT = 15_000;

type Found = {
  servers: readonly Server[];
  entries(): readonly Entry[];
  /** The names that count as loaded in the session. */
  loaded(): readonly string[];
};

type Input = { query?: string; server?: string };

/** Waits for servers that are being connected, lists what they have, and loads what fits a query. It gives no rights. */
export function finder({ servers, entries, loaded }: Found): Tool<Input> {
  return {
    name: "mcp_tools",
    description:
      "Tools of MCP servers that are not offered yet: waits for servers still connecting; with a query (words or names) loads what fits, to be called next; without one lists names.",
    input: {
      json: { type: "object", properties: { query: { type: "string" }, server: { type: "string" } } },
      parse: (input) => {
        const { query, server } = isFields(input) ? input : {};
        return { ...(typeof query === "string" && { query }), ...(typeof server === "string" && { server }) };
      },
    },
    effect: () => ({ kind: "none", subjects: [] }),
    async run({ query = "", server }, { signal, record }) {
      const meant = servers.filter(({ spec }) => server === undefined || spec.name === server);
      if (meant.length === 0)
        throw new Error(
          `There is no MCP server "${server}". Servers: ${servers.map(({ spec }) => spec.name).join(", ")}.`,
        );
      const mine = () => entries().filter((entry) => meant.includes(entry.server));
      // what is known from a session before is found at once
      let found = fitting(mine(), query);
      if (found.length === 0) {
        await within(WAIT, Promise.all(meant.map((each) => each.settled(signal).catch(() => undefined))));
        signal.throwIfAborted();
        found = fitting(mine(), query);
      }
      const states = meant.map((each) => `${each.spec.name}: ${each.told()}`);
      if (query.trim() === "") return [...states, ...listed(mine())].join("\n");
      if (found.length === 0)
        return [...states, `Nothing fits "${query}". Without a query, names are listed.`].join("\n");
      record({ type: "state", key: LOADED, value: [...new Set([...loaded(), ...found.map(({ name }) => name)])] });
      return ["To be called from now on:", ...found.map((each) => `${each.name}: ${aboutOf(each)}`)].join("\n");
    },
  };
}

function listed(entries: readonly Entry[]): string[] {
  const names = entries.slice(0, MOST.listed).map(({ name }) => name);
  const rest = entries.length - names.length;
  return rest > 0 ? [...names, `… and ${rest} more: give a query.`] : names;
}

// exact names first, then by how many of the words are found, names counting more
function fitting(entries: readonly Entry[], query: string): Entry[] {
  const wanted = query
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  const rated = entries.map((entry) => {
    const [name, about] = [entry.name.toLowerCase(), entry.words.toLowerCase()];
    const points = wanted.map((word) => (name === word ? 100 : name.includes(word) ? 3 : about.includes(word) ? 1 : 0));
    return { entry, points: points.reduce<number>((sum, each) => sum + each, 0) };
  });
  const best = rated.filter(({ points }) => points > 0).sort((a, b) => b.points - a.points);
  return best.slice(0, MOST.loaded).map(({ entry }) => entry);
}
