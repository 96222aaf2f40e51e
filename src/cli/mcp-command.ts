import { type Config, readConfig, thisMachine } from "../app/config.js";
import { addServer, removeServer } from "../app/mcp-add.js";
import { mcpGround } from "../app/mcp-servers.js";
import type { ServerSettings } from "../app/server-settings.js";
import { UsageError } from "../app/usage-error.js";
import { sentence } from "../core/run-tools.js";
import { logIn } from "../mcp/login.js";
import { plainName, toolName } from "../mcp/names.js";
import type { ServerSpec } from "../mcp/types.js";
import { nearest, visible } from "../platform/text.js";
import { tokensIn } from "../store/tokens.js";
import type { Asked, McpFlags } from "./asked.js";
import { brokenFor } from "./columns.js";
import { MCP_COMMANDS } from "./mcp-args.js";
import { tryServers } from "./mcp-servers-told.js";
import { write } from "./output.js";

type Wish = Extract<Asked, { type: "mcp" }>;
type Request = { config: Config; flags: McpFlags; words: readonly string[] };

/** How long a list waits for its servers, and a test for its one, in milliseconds. */
const WAIT = { list: 10_000, test: 60_000 };

/** Lists, tests, adds and removes servers of tools, and logs in to them. */
export async function mcpCommand({ what, flags, words }: Wish): Promise<number> {
  const config = await readConfig(flags, thisMachine());
  return { list, test, add, remove, login, logout }[what]({ config, flags, words });
}

async function list({ config, words: [word] }: Request): Promise<number> {
  if (word !== undefined) {
    const [near = `one of ${MCP_COMMANDS.join(", ")}`] = nearest(word, MCP_COMMANDS);
    throw new UsageError(`mcp: there is no command "${word}". Did you mean ${near}?`);
  }
  const { specs, asked } = config.mcp;
  if (specs.length + asked.length === 0)
    await show("No MCP server is configured. nanocoder mcp add --help shows how.\n");
  for (const { spec, ready, words } of await tryServers(config, specs, WAIT.list))
    await show(
      `${ready ? "✓" : "✗"} ${visible(spec.name)}  ${words.replaceAll("\n", " ")}  ${visible(spec.shown)}  (${visible(spec.from)})\n`,
    );
  for (const { name, whole, from, consent } of asked)
    await show(
      `· ${visible(name)}  not started: ${consent === "changed" ? "it changed since you agreed to it" : "nobody agreed to it"}  ${visible(whole)}  (${visible(from)})\n    mend: nanocoder trust\n`,
    );
  for (const notice of config.notices.filter((each) => /is left out/.test(each))) await show(`✗ ${notice}\n`);
  return 0;
}

async function test({ config, words: [name] }: Request): Promise<number> {
  const [tried] = await tryServers(config, [named(config, name)], WAIT.test);
  if (tried === undefined) return 1;
  const { spec, ready, words, server } = tried;
  await show(`${ready ? "✓" : "✗"} ${visible(spec.name)}: ${words}\n`);
  const { tools = [], prompts = [], resources = false } = server.catalogue ?? {};
  for (const tool of tools)
    await show(
      `  ${toolName(spec.name, tool.name) ?? visible(tool.name)}  ${visible(tool.description.split("\n")[0] ?? "")}\n`,
    );
  for (const prompt of prompts)
    await show(`  /${visible(spec.name)}:${visible(prompt.name)}  ${visible(prompt.description)}\n`);
  if (resources) await show("  it has resources\n");
  if (!ready && server.stderr.trim() !== "") await show(`It said on stderr:\n${visible(server.stderr.trimEnd())}\n`);
  return ready ? 0 : 1;
}

async function add({ config, flags, words: [name = "", ...command] }: Request): Promise<number> {
  if (plainName(name) === undefined)
    throw new UsageError("mcp add wants a name with a letter or digit: nanocoder mcp add NAME -- COMMAND …");
  const { path, replaced } = addServer(name, serverOf(command, flags), { ...config, scope: flags.scope ?? "user" });
  const done = replaced ? `replaced ${visible(name)} in` : `added ${visible(name)} to`;
  await print(`${done} ${visible(path)}; nanocoder mcp test ${visible(shellWord(name))} tries it\n`);
  return 0;
}

function shellWord(name: string): string {
  return /^[\w.@:+-]+$/.test(name) ? name : JSON.stringify(name);
}

function serverOf([first, ...args]: readonly string[], { env = [], header = [], sse }: McpFlags): ServerSettings {
  if (first === undefined)
    throw new UsageError("mcp add wants a command after --, or an address: nanocoder mcp add NAME -- COMMAND …");
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(first) && !/^https?:/i.test(first))
    throw new UsageError(`mcp add: an address begins with http:// or https://, and "${first}" does not.`);
  if (!/^https?:\/\//i.test(first)) {
    if (header.length > 0 || sse) throw new UsageError("mcp add: --header and --sse are for addresses.");
    const set = pairs("--env", "=", env);
    return { command: first, ...(args.length > 0 && { args }), ...(env.length > 0 && { env: set }) };
  }
  if (args.length > 0) throw new UsageError(`mcp add: nothing stands behind an address, and there is "${args[0]}".`);
  if (env.length > 0) throw new UsageError("mcp add: --env is for commands.");
  const headers = pairs("--header", ":", header);
  return { type: sse ? "sse" : "http", url: first, ...(header.length > 0 && { headers }) };
}

function pairs(flag: string, sign: string, all: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    all.map((each) => {
      const at = each.indexOf(sign);
      if (at < 1) throw new UsageError(`${flag} wants NAME${sign}VALUE, not "${each}".`);
      return [each.slice(0, at).trim(), each.slice(at + 1).trim()];
    }),
  );
}

async function remove({ config, flags, words: [name] }: Request): Promise<number> {
  if (name === undefined) throw new UsageError("mcp remove wants the name of a server. See nanocoder mcp list.");
  const files = removeServer(name, { ...config, scope: flags.scope });
  if (files.length === 0) throw new UsageError(`There is no MCP server "${name}" to remove. See nanocoder mcp list.`);
  await print(`removed ${visible(name)} from ${visible(files.join(" and "))}\n`);
  return 0;
}

async function login({ config, words: [name] }: Request): Promise<number> {
  const spec = named(config, name);
  addressOf(spec);
  await logIn(spec, mcpGround(config), {
    signal: new AbortController().signal,
    open: (address) =>
      print(`Open this address in a browser on this machine, within 5 minutes:\n${visible(address.href)}\n`),
  }).catch((error: unknown) => {
    throw new Error(`${spec.name}: ${sentence(error)}`);
  });
  await print(`logged in to ${visible(spec.name)}\n`);
  return 0;
}

async function logout({ config, words: [name] }: Request): Promise<number> {
  const spec = named(config, name);
  tokensIn(config.home).save(addressOf(spec), undefined);
  await print(`the login to ${visible(spec.name)} is forgotten\n`);
  return 0;
}

function addressOf({ name, way }: ServerSpec): string {
  if (way.type !== "stdio") return way.url;
  throw new UsageError(`${name} is a command: it has no login of this kind.`);
}

function named({ mcp: { specs, asked }, notices }: Config, name: string | undefined): ServerSpec {
  const found = specs.find((spec) => spec.name === name);
  if (found) return found;
  const waiting = asked.find((each) => each.name === name);
  if (waiting)
    throw new UsageError(
      visible(
        `Nobody agreed to the MCP server ${waiting.name}: ${waiting.whole}. Agree with nanocoder trust, or use it this once with --trust.`,
      ),
    );
  const leftOut = notices.find((each) => name !== undefined && each.includes(`server "${name}" is left out`));
  if (leftOut !== undefined) throw new UsageError(leftOut);
  const names = `Servers: ${specs.map((spec) => spec.name).join(", ") || "none"}.`;
  if (name === undefined) throw new UsageError(`Say which MCP server, by its name. ${names}`);
  throw new UsageError(`There is no MCP server "${name}". ${names}`);
}

function show(text: string): Promise<void> {
  return print(brokenFor(text, process.stdout));
}

function print(text: string): Promise<void> {
  return write(process.stdout, text, () => undefined);
}
