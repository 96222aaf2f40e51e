import { digest, plainName } from "../mcp/names.js";
import type { ServerSpec, Way } from "../mcp/types.js";
import { visible } from "../platform/text.js";
import { type Consent, consentTo } from "../store/consents.js";
import { type Declared, wholeOf } from "./mcp-declared.js";
import type { ServerSettings } from "./server-settings.js";

/** A server that a project names and nobody agreed to as it is written. */
export type AskedServer = {
  name: string;
  from: string;
  whole: string;
  print: string;
  consent: Exclude<Consent, "agreed">;
};
export type Chosen = { specs: readonly ServerSpec[]; asked: readonly AskedServer[]; notices: readonly string[] };

type Choosing = {
  declared: readonly Declared[];
  home: string;
  cwd: string;
  /** What variables are filled in from: without the keys of model providers. */
  env: Readonly<Record<string, string>>;
  /** The person agrees to all of them, for this run. */
  trust: boolean;
};

/** Which servers may be started. Of two with one name the stronger file's counts; a project's wants the person's consent. */
export function chooseServers({ declared, home, cwd, env, trust }: Choosing): Chosen {
  const specs: ServerSpec[] = [];
  const asked: AskedServer[] = [];
  const notices: string[] = [];
  for (const server of ranked(declared, notices)) {
    const { name, from, settings, owner } = server;
    const [whole, print] = [wholeOf(settings), digest(JSON.stringify([name, settings]), 64)];
    const consent = owner === "project" && !trust ? consentTo(home, cwd, { name, print }) : "agreed";
    if (consent !== "agreed") {
      asked.push({ name, from, whole, print, consent });
      if (consent !== "refused") notices.push(visible(notStarted(server, whole, consent)));
      continue;
    }
    const way = wayOf(settings, env);
    if (typeof way === "string") notices.push(visible(`${from}: the MCP server "${name}" is left out: ${way}.`));
    else
      specs.push({
        name,
        from,
        way,
        shown: shownOf(settings),
        print,
        ...(settings.timeout && { timeout: settings.timeout }),
      });
  }
  return { specs, asked, notices };
}

function notStarted({ name, from }: Declared, whole: string, consent: Consent): string {
  const why = consent === "changed" ? "it changed since you agreed to it" : "nobody agreed to it";
  return `Not started: the MCP server ${name} of ${from} (${why}). It is: ${whole}. Agree with nanocoder trust, or use it this once with --trust.`;
}

// strongest first; two whose names cannot be told apart in the names of tools are one name
function ranked(declared: readonly Declared[], notices: string[]): Declared[] {
  const taken = new Map<string, Declared>();
  for (const server of declared.toReversed()) {
    const plain = plainName(server.name);
    const before = plain === undefined ? undefined : taken.get(plain);
    if (plain === undefined)
      notices.push(
        visible(`${server.from}: the MCP server "${server.name}" is left out: a name wants a letter or digit.`),
      );
    else if (before === undefined) taken.set(plain, server);
    else
      notices.push(
        visible(
          `${server.from}: the MCP server "${server.name}" is left out: "${before.name}" of ${before.from} has that name.`,
        ),
      );
  }
  const places = ["policy", "user", "project"];
  return [...taken.values()].reverse().sort((a, b) => places.indexOf(a.owner) - places.indexOf(b.owner));
}

function shownOf({ command, args = [], url = "" }: ServerSettings): string {
  return command === undefined ? url : wholeOf({ command, args });
}

// why it cannot be reached where it is a text
function wayOf(
  { type, command, args = [], env: set = {}, url, headers = {} }: ServerSettings,
  env: Choosing["env"],
): Way | string {
  const missing = new Set<string>();
  const fill = (text: string) => filled(text, env, missing);
  const all = (map: Record<string, string>) =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [key, fill(value)]));
  const local = command !== undefined && (type ?? "stdio") === "stdio";
  if (!local && (url === undefined || type === "stdio")) return `it wants a "command" to start, or a "url"`;
  const way: Way = local
    ? { type: "stdio", command: fill(command), args: args.map(fill), env: all(set) }
    : { type: type === "sse" ? "sse" : "http", url: fill(url ?? ""), headers: all(headers) };
  if (missing.size > 0) return `it wants ${[...missing].join(", ")} in the environment`;
  if (way.type !== "stdio" && !/^https?:\/\/./.test(way.url)) return `"${way.url}" is no http address`;
  return way;
}

// ${NAME} and ${NAME:-instead}
function filled(text: string, env: Choosing["env"], missing: Set<string>): string {
  return text.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, name: string, instead: string | undefined) => {
    const value = env[name] || instead;
    if (value === undefined) missing.add(name);
    return value ?? "";
  });
}
