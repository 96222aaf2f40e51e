import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HookEvent, HookSettings } from "../plugins/hook-settings.js";
import type { RuleSource } from "../plugins/rules.js";
import { type PowerFile, trustOf } from "../store/trust.js";
import { type Declared, serversOf, serversOfProject, wholeOf } from "./mcp-declared.js";
import { distrust, readSettings, type Settings, type SettingsFile } from "./settings.js";

/** Settings of all files, the stronger over the weaker; rules and hooks add up. */
export type Layers = {
  merged: Settings;
  rules: RuleSource[];
  hooks: HookSettings;
  /** Of all files, as they are written: the weaker before the stronger. */
  servers: Declared[];
  notices: string[];
};

type Where = { home: string; cwd: string; trust: boolean; policy: string };

/** Reads the user's, the project's and the administrator's settings; of the project's only what trust allows. */
export function readLayers(where: Where): Layers {
  const notices: string[] = [];
  const user = readSettings(join(where.home, "settings.json"));
  const project = projectLayers(where, notices);
  const policy = policyLayer(where.policy, notices);
  const servers = [
    ...serversOfProject(where.cwd, notices),
    ...project.flatMap((file) => serversOf(file, "project")),
    ...(user ? serversOf(user, "user") : []),
    ...(policy ? serversOf(policy, "policy") : []),
  ];
  const files = [...(user ? [user] : []), ...project, ...(policy ? [policy] : [])];
  return {
    merged: files.reduce<Settings>((all, { settings }) => merge(all, settings), {}),
    rules: files.map(({ path, settings: { permissions } }) => ({ from: path, ...rulesOf(permissions) })),
    hooks: mergeHooks(files.map(({ settings }) => settings.hooks ?? {})),
    servers,
    notices,
  };
}

function rulesOf({ allow, ask, deny }: NonNullable<Settings["permissions"]> = {}): Omit<RuleSource, "from"> {
  return { ...(allow && { allow }), ...(ask && { ask }), ...(deny && { deny }) };
}

function merge(all: Settings, more: Settings): Settings {
  return {
    ...all,
    ...more,
    gateway: { ...all.gateway, ...more.gateway, roles: { ...all.gateway?.roles, ...more.gateway?.roles } },
    permissions: { ...all.permissions, ...more.permissions },
    sandbox: { ...all.sandbox, ...more.sandbox },
    memory: { ...all.memory, ...more.memory },
    limits: { ...all.limits, ...more.limits },
    verify: { ...all.verify, ...more.verify },
    env: { ...all.env, ...more.env },
  };
}

function mergeHooks(all: readonly HookSettings[]): HookSettings {
  const events = new Set(all.flatMap((hooks) => Object.keys(hooks) as HookEvent[]));
  return Object.fromEntries([...events].map((event) => [event, all.flatMap((hooks) => hooks[event] ?? [])]));
}

/** The files of a project that gain power by trust, as they are now. */
export function powerFiles(cwd: string): SettingsFile[] {
  const names = ["settings.json", "settings.local.json"];
  return names.flatMap((name) => readSettings(join(cwd, ".nanocoder", name)) ?? []);
}

/** What a project's settings ask for, a phrase each. */
export function powers({ settings }: SettingsFile): string[] {
  const { permissions = {}, hooks = {}, sandbox, memory, limits, verify, env, model, gateway, mcpServers } = settings;
  const commands = Object.entries(hooks).flatMap(([event, matchers]) =>
    (matchers ?? []).flatMap((matcher) => matcher.hooks.map((hook) => `${event} runs ${hook.command}`)),
  );
  const rules = (["allow", "ask", "deny"] as const).flatMap((verb) =>
    (permissions[verb] ?? []).map((rule) => `${verb} ${typeof rule === "string" ? rule : rule.rule}`),
  );
  return [
    ...commands,
    ...Object.entries(mcpServers ?? {}).map(([name, server]) => `the MCP server ${name}: ${wholeOf(server)}`),
    ...rules,
    ...(sandbox ? [`sandbox ${JSON.stringify(sandbox)}`] : []),
    ...(memory ? [`memory ${JSON.stringify(memory)}`] : []),
    ...(limits ? [`limits ${JSON.stringify(limits)}`] : []),
    ...(verify ? [`verify ${JSON.stringify(verify)}`] : []),
    ...Object.entries(env ?? {}).map(([name, value]) => `environment ${name}=${value}`),
    ...(model === undefined ? [] : [`model ${model}`]),
    ...(gateway?.roles ? [`roles of models ${JSON.stringify(gateway.roles)}`] : []),
  ];
}

function projectLayers({ home, cwd, trust }: Where, notices: string[]): SettingsFile[] {
  warnOfEnv(cwd, notices);
  const files = powerFiles(cwd);
  if (files.length === 0) return [];
  const state = trust ? "trusted" : trustOf(home, cwd, files.map(powerFile)).state;
  if (state === "trusted") return files.map((file) => limited(file, notices));
  const what = files.flatMap(powers);
  const why = state === "changed" ? "changed since this folder was trusted" : "this folder is not trusted";
  const names = files.map(({ path }) => path.slice(cwd.length + 1)).join(", ");
  notices.push(
    `Not used: ${names} (${why}). It asks for: ${what.slice(0, 5).join("; ") || "nothing of weight"}${what.length > 5 ? "; …" : ""}. See it with nanocoder trust, or use it this once with --trust.`,
  );
  return [];
}

export function powerFile({ path, text }: SettingsFile): PowerFile {
  return { path, text };
}

const KEYS_OF_MEMORY = ["enabled", "extract", "inject"] as const;

// what no project may ever set, trusted or not
function limited(file: SettingsFile, notices: string[]): SettingsFile {
  const { baseUrl, provider, gateway, permissions: { mode, ...permissions } = {}, theme, ...rest } = file.settings;
  // it may keep memory out of itself, and not bring back what the user does without
  const { memory = {}, verify: { enabled: verifies, ...checks } = {} } = rest;
  const refused = [
    ...KEYS_OF_MEMORY.filter((key) => memory[key] === true).map((key) => `memory.${key}`),
    ...(baseUrl === undefined ? [] : ["baseUrl"]),
    ...(provider === undefined ? [] : ["provider"]),
    ...(gateway?.models === undefined ? [] : ["gateway.models"]),
    ...(mode === undefined ? [] : ["permissions.mode"]),
    ...(theme === undefined ? [] : ["theme"]),
    ...(verifies === true ? ["verify.enabled"] : []),
    ...(rest.sandbox?.enabled === false ? ["sandbox.enabled"] : []),
  ];
  if (refused.length > 0) notices.push(`${file.path}: a project may not set ${refused.join(", ")}: left out.`);
  const { enabled: _, ...sandbox } = rest.sandbox ?? {};
  const less = Object.fromEntries(Object.entries(memory).filter(([, value]) => value === false));
  const roles = gateway?.roles === undefined ? {} : { gateway: { roles: gateway.roles } };
  const verify = { ...checks, ...(verifies === false && { enabled: false }) };
  return { ...file, settings: { ...rest, ...roles, permissions, sandbox, memory: less, verify } };
}

const OURS = /^\s*(?:export\s+)?((?:NANOCODER|OPENAI|ANTHROPIC|DEEPSEEK)_\w+)\s*=/gm;

function warnOfEnv(cwd: string, notices: string[]): void {
  const path = join(cwd, ".env");
  if (!existsSync(path)) return;
  try {
    const names = [...readFileSync(path, "utf8").slice(0, 64_000).matchAll(OURS)].map((found) => found[1]);
    if (names.length > 0)
      notices.push(`${path} is not read: ${[...new Set(names)].join(", ")} of a project never count.`);
  } catch {
    // what cannot be read is not read
  }
}

function policyLayer(path: string, notices: string[]): SettingsFile | undefined {
  if (!existsSync(path)) return undefined;
  const why = distrust(path);
  if (why === undefined) return readSettings(path);
  notices.push(`${path} is not used: ${why}.`);
  return undefined;
}
