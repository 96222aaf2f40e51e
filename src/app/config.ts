import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { JsonSchema } from "../core/model.js";
import type { HookSettings } from "../plugins/hook-settings.js";
import { MODES, type Mode } from "../plugins/permission.js";
import type { RuleSource } from "../plugins/rules.js";
import type { VerifySettings } from "../plugins/verify-options.js";
import { count, dollars, duration, number } from "./amounts.js";
import { type Choice, chooseEndpoint } from "./endpoint.js";
import type { GatewayConfig, readGateway } from "./gateway.js";
import { gatewayEntry } from "./gateway-entry.js";
import type { Environment, Flags, Machine } from "./input.js";
import type { readLayers } from "./layers.js";
import type { Chosen, chooseServers } from "./mcp-chosen.js";
import type { Declared } from "./mcp-declared.js";
import type { OwnEnv } from "./own-env.js";
import { proxiesIn, proxyFor } from "./proxy.js";
import type { SandboxSettings, Settings, ThemeName } from "./settings.js";
import { UsageError } from "./usage-error.js";

/** Plain data: flags over environment over defaults, checked. */
export type Config = {
  home: string;
  /** The workspace, links resolved. */
  cwd: string;
  /** Absent: neither a key nor an address was found, or the gateway's models are asked. */
  choice?: Choice & { proxy?: string };
  gateway?: GatewayConfig;
  mode: Mode;
  maxTurns?: number;
  /** Of the whole run, in USD. */
  maxCost?: number;
  /** Of the whole run, in milliseconds. */
  timeout?: number;
  system: { instead?: string; more?: string };
  /** Names of the only tools to offer. */
  tools?: readonly string[];
  maxOutput?: number;
  /** A JSON Schema that the final answer must fit. */
  outputSchema?: JsonSchema;
  temperature?: number;
  window?: number;
  shell: string;
  /** The environment of child processes: without the keys of model providers. */
  childEnv: Record<string, string>;
  /** The user's home folder. */
  userHome: string;
  rules: readonly RuleSource[];
  hooks: HookSettings;
  memory: { enabled: boolean; extract: boolean; inject: boolean };
  /** Whether the model is told what user and project left for agents in files. */
  instructions: boolean;
  /** Whether what calls are about to change is kept, for undo. */
  undo: boolean;
  verify: VerifySettings & { enabled: boolean };
  /** MCP servers: those that may be started, and those that a person must be asked about first. */
  mcp: Pick<Chosen, "specs" | "asked"> & {
    /** Names of the only tools of servers to offer. */
    only?: readonly string[];
    /** Whether what they offer is kept for sessions to come. */
    keep: boolean;
    /** The variables that name proxies. */
    proxies: Environment;
  };
  sandbox: { use: "always" | "default" | "never"; network: boolean; write: readonly string[]; hide: readonly string[] };
  /** How the interactive session looks. */
  theme?: ThemeName;
  /** What the user should know of how this came about. */
  notices: readonly string[];
  /** Every key this process was given: none of them is ever written to disk. */
  keys: readonly string[];
};

/** Reads the configuration; throws a UsageError that names the flag, variable or file at fault. */
export async function readConfig(flags: Flags, machine: Machine): Promise<Config> {
  const home = homeOf(machine);
  const cwd = workspace(flags.cwd, machine.cwd);
  const layers = await layersOf({ home, cwd, trust: flags.trust ?? false, policy: machine.policy ?? POLICY });
  const { merged } = layers;
  const own = await ownEnv(home, machine.env);
  const env = withSettings(own.env, merged);
  const { choice, gateway } = await chosen({ flags, env, settings: merged });
  const childEnv = { ...withoutKeys(machine.env), ...merged.env };
  const mcp = await serversIn(layers.servers, { home, cwd, env: childEnv, trust: flags.trust ?? false });
  return {
    home,
    cwd,
    ...(choice && { choice: withProxy({ ...choice, keyFrom: own.from(choice.keyFrom) }, env) }),
    ...only("gateway", gateway),
    mode: mode(flags, merged.permissions?.mode),
    ...only("maxTurns", count("--max-turns", flags.maxTurns) ?? merged.limits?.maxTurns),
    ...only("maxCost", dollars("--max-cost", flags.maxCost) ?? merged.limits?.maxCost),
    ...only("timeout", duration("--timeout", flags.timeout)),
    system: { ...only("instead", flags.system), ...only("more", flags.appendSystem) },
    ...only("tools", listed(flags.tools)),
    ...only("outputSchema", await schemaOf(flags.outputSchema, machine.cwd)),
    ...only("maxOutput", count("NANOCODER_MAX_TOKENS", env.NANOCODER_MAX_TOKENS)),
    ...only("temperature", number("NANOCODER_TEMPERATURE", env.NANOCODER_TEMPERATURE)),
    ...only("window", count("NANOCODER_MAX_CONTEXT", env.NANOCODER_MAX_CONTEXT)),
    shell: env.SHELL || "/bin/sh",
    childEnv,
    userHome: machine.homedir,
    rules: [...layers.rules, ...flagRules(flags)],
    hooks: layers.hooks,
    mcp: { ...mcp, ...only("only", listed(flags.tools)), keep: true, proxies: proxiesIn(env) },
    instructions: true,
    undo: true,
    memory: {
      enabled: true,
      extract: true,
      inject: true,
      ...merged.memory,
      ...(flags.memory === false && { enabled: false }),
    },
    verify: { enabled: true, ...CHECKS, ...merged.verify, ...only("enabled", flags.verify) },
    sandbox: sandboxOf(flags, merged.sandbox ?? {}, { cwd, home: machine.homedir }),
    ...only("theme", merged.theme),
    notices: [...own.notices, ...layers.notices, ...mcp.notices],
    keys: ownKeys(own.env, { choice, gateway }),
  };
}

/** What is checked unless something else is said, and for how long, in seconds. */
export const CHECKS: VerifySettings = { syntax: true, lint: true, tests: true, commands: [], timeout: 60 };

/** Where the machine's administrator says what counts for everybody. */
const POLICY = "/etc/nanocoder/settings.json";

// most runs have no settings: what reads them is loaded when there are some
async function layersOf(where: Parameters<typeof readLayers>[0]): Promise<ReturnType<typeof readLayers>> {
  const { home, cwd, policy } = where;
  const files = [
    join(home, "settings.json"),
    policy,
    ...[".nanocoder/settings.json", ".nanocoder/settings.local.json", ".env", ".mcp.json"].map((name) =>
      join(cwd, name),
    ),
  ];
  if (!files.some((file) => existsSync(file))) return { merged: {}, rules: [], hooks: {}, servers: [], notices: [] };
  return (await import("./layers.js")).readLayers(where);
}

async function serversIn(
  declared: Declared[],
  where: Omit<Parameters<typeof chooseServers>[0], "declared">,
): Promise<Chosen> {
  if (declared.length === 0) return { specs: [], asked: [], notices: [] };
  return (await import("./mcp-chosen.js")).chooseServers({ ...where, declared });
}

// few have such a file: what reads it is loaded when there is one
async function ownEnv(home: string, env: Environment): Promise<OwnEnv> {
  if (!existsSync(join(home, ".env"))) return { env, from: (name) => name, notices: [] };
  return (await import("./own-env.js")).readOwnEnv(home, env);
}

type Asked = { flags: Flags; env: Environment; settings: Settings; place?: string };

/** Who is asked. Most runs have one model: what reads a list of them is loaded when there is one. */
export async function chosen(asked: Asked): Promise<ReturnType<typeof readGateway>> {
  const { flags, env, settings } = asked;
  const choose = () => chooseEndpoint({ ...(settings.provider && { provider: settings.provider }), ...flags }, env);
  if (!env.NANOCODER_GATEWAY_MODELS?.trim() && !settings.gateway?.models?.length) return { choice: choose() };
  return (await import("./gateway.js")).readGateway({ ...asked, choose });
}

/** Where nanocoder keeps its own files. */
export function homeOf({ env, homedir: user }: Machine): string {
  return resolve(env.NANOCODER_HOME || join(user, ".nanocoder"));
}

// what is set in a file counts less than the environment
function withSettings(env: Environment, { model, baseUrl }: Settings): Environment {
  return {
    ...env,
    ...(model !== undefined && !env.NANOCODER_MODEL && { NANOCODER_MODEL: model }),
    ...(baseUrl !== undefined && !env.NANOCODER_BASE_URL && { NANOCODER_BASE_URL: baseUrl }),
  };
}

async function schemaOf(file: string | undefined, here: string): Promise<JsonSchema | undefined> {
  if (file === undefined) return undefined;
  return (await import("./schema-file.js")).readSchemaFile(resolve(here, file));
}

function listed(names: string | undefined): string[] | undefined {
  const all = names?.split(",").map((name) => name.trim());
  return all?.filter((name) => name !== "");
}

function flagRules({ allow, deny }: Flags): RuleSource[] {
  return [...(allow ? [{ from: "--allow", allow }] : []), ...(deny ? [{ from: "--deny", deny }] : [])];
}

function sandboxOf({ sandbox }: Flags, set: SandboxSettings, where: { cwd: string; home: string }): Config["sandbox"] {
  const use = sandbox === true ? "always" : sandbox === false || set.enabled === false ? "never" : "default";
  const path = (each: string) => resolve(where.cwd, each.replace(/^~(?=\/|$)/, where.home));
  return { use, network: set.network ?? false, write: (set.write ?? []).map(path), hide: (set.hide ?? []).map(path) };
}

const SECRET = new Set([
  "NANOCODER_API_KEY",
  "NANOCODER_GATEWAY_MODELS",
  "OPENAI_API_KEY",
  "DEEPSEEK_API_KEY",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
]);

/** Where this process stands. */
export function thisMachine(): Machine {
  return { env: process.env, cwd: currentFolder(), homedir: homedir() };
}

// "" when it was removed: a folder may still be named by a flag
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return "";
  }
}

/** An environment for child processes: without the keys of model providers. */
export function withoutKeys(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && !SECRET.has(name)) kept[name] = value;
  return kept;
}

type Answering = { choice?: Choice | undefined; gateway?: GatewayConfig | undefined };

/** The keys this process was given, by the environment, flags or settings; of a list of models, the keys in it. */
export function ownKeys(env: Environment, { choice, gateway }: Answering = {}): string[] {
  const given = [...SECRET].flatMap((name) => {
    const value = env[name]?.trim() ?? "";
    return /_(KEY|TOKEN)$/.test(name) ? [value] : keysWithin(value);
  });
  const listed = (gateway?.models ?? []).map(({ apiKey = "" }) => apiKey);
  return [...new Set([...given, choice?.apiKey ?? "", choice?.authToken ?? "", ...listed])].filter((key) => key !== "");
}

// name:tier:base_url:api_key,…
function keysWithin(models: string): string[] {
  return models
    .split(",")
    .flatMap((each) => gatewayEntry(each)?.apiKey ?? /:([^:/]{8,})$/.exec(each.trim())?.[1] ?? []);
}

/** A choice with the proxy that the environment names for its address. */
export function withProxy(choice: Choice, env: Environment): Choice & { proxy?: string } {
  return { ...choice, ...only("proxy", proxyFor(address(choice.baseUrl), env)) };
}

function address(baseUrl: string): URL {
  if (!URL.canParse(baseUrl))
    throw new UsageError(`The base URL "${baseUrl}" is not a URL. Write it like https://host/v1.`);
  const url = new URL(baseUrl);
  if (url.protocol === "http:" || url.protocol === "https:") return url;
  throw new UsageError(`The base URL "${baseUrl}" must begin with http:// or https://.`);
}

function workspace(asked: string | undefined, here: string): string {
  if (here === "" && !(asked !== undefined && isAbsolute(asked))) {
    throw new UsageError("The folder you are in no longer exists. Go to another, or name one with --cwd.");
  }
  const folder = resolve(here, asked ?? ".");
  try {
    const real = realpathSync(folder);
    if (!statSync(real).isDirectory()) throw new UsageError(`${folder} is not a folder. --cwd wants one.`);
    accessSync(real, constants.R_OK | constants.X_OK);
    return real;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const why =
      error instanceof Error && "code" in error && error.code === "ENOENT" ? "does not exist" : "cannot be read";
    throw new UsageError(`The folder ${folder} ${why}. Name another with --cwd.`);
  }
}

function mode(flags: Flags, set: Mode | undefined): Mode {
  const asked = flags.permissionMode ?? (flags.yolo ? "auto" : (set ?? "default"));
  const known = MODES.find((each) => each === asked);
  if (known) return known;
  throw new UsageError(`--permission-mode ${asked}: choose one of ${MODES.join(", ")}.`);
}

/** A key with its value, and nothing where there is none. */
export function only<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}
