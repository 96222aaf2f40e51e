import type { Environment, Flags } from "./input.js";
import { UsageError } from "./usage-error.js";

export type Provider = "openai" | "anthropic";
/** Which model is asked, where, and with what. `keyFrom` names where the key came from, for messages. */
export type Choice = {
  provider: Provider;
  model: string;
  baseUrl: string;
  apiKey?: string;
  authToken?: string;
  keyFrom: string;
};

const OPENAI = "https://api.openai.com/v1";
const ANTHROPIC = "https://api.anthropic.com";
const DEEPSEEK = "https://api.deepseek.com/v1";
const DEFAULTS = { openai: "gpt-5", deepseek: "deepseek-flash", anthropic: "claude-sonnet-4-5" };

/**
 * Chooses provider, model, address and key from flags and environment. Returns undefined when there is
 * neither a key nor an address; throws a UsageError for a provider that does not exist.
 */
export function chooseEndpoint(flags: Flags, env: Environment): Choice | undefined {
  const named = flags.model ?? set(env.NANOCODER_MODEL);
  const provider = flags.provider === undefined ? likelyProvider(named, env) : checkedProvider(flags.provider);
  return provider === "anthropic" ? anthropicChoice(named, flags, env) : openaiChoice(named, flags, env);
}

function checkedProvider(name: string): Provider {
  if (name === "openai" || name === "anthropic") return name;
  throw new UsageError(`--provider ${name}: choose openai (any compatible endpoint) or anthropic.`);
}

function likelyProvider(model: string | undefined, env: Environment): Provider {
  const anthropic = set(env.ANTHROPIC_API_KEY) ?? set(env.ANTHROPIC_AUTH_TOKEN) ?? set(env.ANTHROPIC_BASE_URL);
  const openai = set(env.OPENAI_API_KEY) ?? set(env.OPENAI_BASE_URL) ?? set(env.DEEPSEEK_API_KEY);
  if (anthropic === undefined) return "openai";
  if (openai === undefined) return "anthropic";
  return model !== undefined && /^(anthropic\/)?claude/.test(model) ? "anthropic" : "openai";
}

function anthropicChoice(named: string | undefined, flags: Flags, env: Environment): Choice | undefined {
  const address = flags.baseUrl ?? set(env.NANOCODER_BASE_URL) ?? set(env.ANTHROPIC_BASE_URL);
  const key = ownKey(flags, env) ?? from(env, "ANTHROPIC_API_KEY");
  const token = key === undefined ? from(env, "ANTHROPIC_AUTH_TOKEN") : undefined;
  if (address === undefined && key === undefined && token === undefined) return undefined;
  const choice = { provider: "anthropic" as const, model: named ?? DEFAULTS.anthropic, baseUrl: address ?? ANTHROPIC };
  if (token !== undefined) return { ...choice, authToken: token.value, keyFrom: token.from };
  return { ...choice, ...keyed(key, "ANTHROPIC_API_KEY") };
}

function openaiChoice(named: string | undefined, flags: Flags, env: Environment): Choice | undefined {
  const address = flags.baseUrl ?? set(env.NANOCODER_BASE_URL) ?? set(env.OPENAI_BASE_URL);
  const deepseek = wantsDeepseek(named, address, env);
  const key = ownKey(flags, env) ?? (deepseek ? from(env, "DEEPSEEK_API_KEY") : from(env, "OPENAI_API_KEY"));
  if (address === undefined && key === undefined) return undefined;
  const model = named ?? (deepseek ? DEFAULTS.deepseek : DEFAULTS.openai);
  const baseUrl = address ?? (deepseek ? DEEPSEEK : OPENAI);
  return { provider: "openai", model, baseUrl, ...keyed(key, deepseek ? "DEEPSEEK_API_KEY" : "OPENAI_API_KEY") };
}

// the key goes only to its own service, or to an address the user gave with no other key to use
function wantsDeepseek(model: string | undefined, address: string | undefined, env: Environment): boolean {
  if (set(env.DEEPSEEK_API_KEY) === undefined) return false;
  if (address !== undefined)
    return new URL(address).hostname.endsWith("deepseek.com") || set(env.OPENAI_API_KEY) === undefined;
  return model?.startsWith("deepseek") ?? set(env.OPENAI_API_KEY) === undefined;
}

type Key = { value: string; from: string };

function ownKey(flags: Flags, env: Environment): Key | undefined {
  if (flags.apiKey !== undefined) return { value: flags.apiKey, from: "--api-key" };
  return from(env, "NANOCODER_API_KEY");
}

function from(env: Environment, name: string): Key | undefined {
  const value = set(env[name]);
  return value === undefined ? undefined : { value, from: name };
}

// local servers want some key and take any
function keyed(key: Key | undefined, wanted: string): { apiKey: string; keyFrom: string } {
  return { apiKey: key?.value ?? "none", keyFrom: key?.from ?? wanted };
}

function set(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}
