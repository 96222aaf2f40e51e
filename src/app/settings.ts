import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROLES, TIERS } from "../models/gateway/tiers.js";
import { fileReason } from "../platform/files.js";
import { nearest } from "../platform/text.js";
import type { HookSettings } from "../plugins/hook-settings.js";
import { MODES, type Mode } from "../plugins/permission.js";
import type { RuleText } from "../plugins/rules.js";
import type { GatewaySettings } from "./gateway-settings.js";
import { jsonFault, lineAndColumn } from "./json-fault.js";
import type { ServerSettings } from "./server-settings.js";
import { UsageError } from "./usage-error.js";

export type SandboxSettings = {
  /** False: commands are not isolated, and ask instead. */
  enabled?: boolean;
  network?: boolean;
  /** Folders that commands may write beside the workspace. */
  write?: string[];
  /** Paths whose content commands do not see. */
  hide?: string[];
};

/** False: nothing is remembered or recalled; nothing by itself when a run ends; nothing is given unless the model recalls it. */
export type MemorySettings = { enabled?: boolean; extract?: boolean; inject?: boolean };

/** `auto` is dark or light as the terminal tells; the daltonized ones put blue in the place of green. */
export const THEMES = ["auto", "dark", "light", "dark-daltonized", "light-daltonized", "none"] as const;
export type ThemeName = (typeof THEMES)[number];

/** What a settings file may hold. */
export type Settings = {
  model?: string;
  provider?: "openai" | "anthropic";
  baseUrl?: string;
  gateway?: GatewaySettings;
  permissions?: { mode?: Mode; allow?: RuleText[]; ask?: RuleText[]; deny?: RuleText[] };
  sandbox?: SandboxSettings;
  hooks?: HookSettings;
  memory?: MemorySettings;
  limits?: { maxTurns?: number; maxCost?: number };
  /** `timeout` is of one command, in seconds. */
  verify?: {
    enabled?: boolean;
    commands?: string[];
    syntax?: boolean;
    tests?: boolean;
    lint?: boolean;
    timeout?: number;
  };
  env?: Record<string, string>;
  /** How the interactive session looks; `auto` when absent. */
  theme?: ThemeName;
  mcpServers?: Record<string, ServerSettings>;
};

/** A settings file as it was read. */
export type SettingsFile = { path: string; text: string; settings: Settings };

/** A shape of JSON: what is expected, in words, and a test of it. */
export type Shape =
  | { type: "string" | "boolean" | "count" | "number" }
  | { type: "one"; of: readonly string[] }
  | { type: "list"; of: Shape }
  | { type: "map"; of: Shape }
  | { type: "object"; keys: Readonly<Record<string, Shape>>; required?: readonly string[] }
  | { type: "rule"; written: Shape };

const STRING: Shape = { type: "string" };
const STRINGS: Shape = { type: "list", of: STRING };
const FLAG: Shape = { type: "boolean" };
const RULE: Shape = { type: "object", keys: { rule: STRING, match: STRINGS, notMatch: STRINGS } };
const RULES: Shape = { type: "list", of: { type: "rule", written: RULE } };
const PROVIDER: Shape = { type: "one", of: ["openai", "anthropic"] };
const TIER: Shape = { type: "one", of: TIERS };
const GATEWAY_MODEL: Shape = {
  type: "object",
  keys: { name: STRING, tier: TIER, baseUrl: STRING, apiKey: STRING, provider: PROVIDER, window: { type: "count" } },
  required: ["name", "tier", "baseUrl"],
};
const HOOK: Shape = {
  type: "object",
  keys: { type: { type: "one", of: ["command"] }, command: STRING, timeout: { type: "count" } },
};
const MATCHERS: Shape = {
  type: "list",
  of: { type: "object", keys: { matcher: STRING, hooks: { type: "list", of: HOOK } } },
};
const SERVER: Shape = {
  type: "object",
  keys: {
    type: { type: "one", of: ["stdio", "http", "sse", "streamable-http"] },
    ...{ command: STRING, args: STRINGS, env: { type: "map", of: STRING } },
    ...{ url: STRING, headers: { type: "map", of: STRING }, timeout: { type: "count" } },
  },
};
const EVENTS =
  "PreToolUse PostToolUse UserPromptSubmit Stop SubagentStop SessionStart SessionEnd PreCompact Notification".split(
    " ",
  );

/** Every key of settings.json. */
export const SETTINGS: Shape = {
  type: "object",
  keys: {
    $schema: STRING,
    model: STRING,
    provider: PROVIDER,
    baseUrl: STRING,
    gateway: {
      type: "object",
      keys: {
        models: { type: "list", of: GATEWAY_MODEL },
        roles: { type: "object", keys: Object.fromEntries(ROLES.map((role) => [role, TIER])) },
      },
    },
    permissions: { type: "object", keys: { mode: { type: "one", of: MODES }, allow: RULES, ask: RULES, deny: RULES } },
    sandbox: {
      type: "object",
      keys: { enabled: FLAG, network: FLAG, write: STRINGS, hide: STRINGS },
    },
    hooks: { type: "object", keys: Object.fromEntries(EVENTS.map((event) => [event, MATCHERS])) },
    memory: { type: "object", keys: { enabled: FLAG, extract: FLAG, inject: FLAG } },
    limits: { type: "object", keys: { maxTurns: { type: "count" }, maxCost: { type: "number" } } },
    env: { type: "map", of: STRING },
    verify: {
      type: "object",
      keys: { enabled: FLAG, commands: STRINGS, syntax: FLAG, tests: FLAG, lint: FLAG, timeout: { type: "count" } },
    },
    mcpServers: { type: "map", of: SERVER },
    theme: { type: "one", of: THEMES },
  },
};

/** Reads a file of JSON; undefined when there is none. Throws a UsageError with file, line and column. */
export function readJson(path: string): { text: string; value: unknown } | undefined {
  const text = slurp(path);
  return text === undefined ? undefined : { text, value: parse(path, text) };
}

/** What of a server that another tool's file names is understood here, or why it is none. Keys of others are left alone. */
export function serverIn(value: unknown): ServerSettings | string {
  if (typeof value !== "object" || value === null) return "an object is wanted";
  const known = Object.entries(value).filter(([key]) => SERVER.type === "object" && Object.hasOwn(SERVER.keys, key));
  const server = Object.fromEntries(known);
  // checked against the shape that ServerSettings describes
  return faultIn(server, SERVER, [])?.why ?? (server as ServerSettings);
}

/** Reads a settings file; undefined when there is none. Throws a UsageError with file, line and column. */
export function readSettings(path: string): SettingsFile | undefined {
  const read = readJson(path);
  if (read === undefined) return undefined;
  const { text, value } = read;
  const fault = faultIn(value, SETTINGS, []);
  if (fault) throw new UsageError(`${path}:${place(text, fault.at)}: ${fault.why}`);
  return { path, text, settings: value as Settings };
}

/** Why a file of the machine's administrator is not trusted; undefined when only root can write it. */
export function distrust(path: string, owner = 0): string | undefined {
  for (const each of [path, join(path, "..")]) {
    const { uid, mode } = lstatSync(each);
    if (uid !== owner) return `${each} does not belong to root`;
    if ((mode & 0o022) !== 0) return `${each} can be written by others than root`;
  }
  return undefined;
}

function slurp(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return undefined;
    throw new UsageError(`${path} cannot be read: ${fileReason(error)}.`);
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { at, expected } = jsonFault(text);
    throw new UsageError(`${path}:${lineAndColumn(text, at)}: this is not JSON: ${expected} is wanted here.`);
  }
}

type Fault = { at: string[]; why: string };

function faultIn(value: unknown, shape: Shape, at: string[]): Fault | undefined {
  if (shape.type === "rule") return typeof value === "string" ? undefined : faultIn(value, shape.written, at);
  const expected = expectation(value, shape);
  if (expected !== undefined) {
    return { at, why: `${at.length === 0 ? "the file" : `"${at.join(".")}"`} wants ${expected}.` };
  }
  if (shape.type === "list")
    return firstFault(
      (value as unknown[]).map((item, n) => [String(n), item, shape.of]),
      at,
    );
  if (shape.type === "map")
    return firstFault(
      Object.entries(value as object).map(([key, item]) => [key, item, shape.of]),
      at,
    );
  return shape.type === "object" ? inObject(value as object, shape, at) : undefined;
}

const WANTED = { string: "a text", boolean: "true or false" };

// what a value of its own should be; undefined when it is
function expectation(value: unknown, shape: Shape): string | undefined {
  switch (shape.type) {
    case "string":
    case "boolean":
      return typeof value === shape.type ? undefined : WANTED[shape.type];
    case "count":
      return isPositive(value, Number.isInteger) ? undefined : "a whole number of at least 1";
    case "number":
      return isPositive(value) ? undefined : "a number above 0";
    case "one":
      return shape.of.some((each) => each === value) ? undefined : `one of ${shape.of.join(", ")}`;
    case "list":
      return Array.isArray(value) ? undefined : "a list";
    default:
      return typeof value === "object" && value !== null && !Array.isArray(value) ? undefined : "an object";
  }
}

function isPositive(value: unknown, also = (_: number) => true): boolean {
  return typeof value === "number" && value > 0 && also(value);
}

type ObjectShape = Extract<Shape, { type: "object" }>;

function inObject(value: object, { keys, required = [] }: ObjectShape, at: string[]): Fault | undefined {
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(keys, key));
  if (unknown !== undefined) {
    const [near] = nearest(unknown, Object.keys(keys));
    const hint = near === undefined ? `Known: ${Object.keys(keys).join(", ")}.` : `Did you mean "${near}"?`;
    return { at: [...at, unknown], why: `there is no setting "${[...at, unknown].join(".")}". ${hint}` };
  }
  const missing = required.find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) return { at, why: `"${at.join(".")}" wants a "${missing}".` };
  return firstFault(
    Object.entries(value).flatMap(([key, item]) => (keys[key] ? [[key, item, keys[key]] as const] : [])),
    at,
  );
}

function firstFault(items: readonly [string, unknown, Shape][], at: string[]): Fault | undefined {
  for (const [key, item, shape] of items) {
    const fault = faultIn(item, shape, [...at, key]);
    if (fault) return fault;
  }
  return undefined;
}

// where a key stands: found by reading the text once more, key by key
function place(text: string, at: readonly string[]): string {
  let position = 0;
  for (const key of at) {
    if (/^\d+$/.test(key)) continue;
    const found = text.indexOf(`${JSON.stringify(key)}`, position);
    if (found >= 0) position = found;
  }
  return lineAndColumn(text, position);
}
