import { type GatewayModel, type Roles, TIERS, type Tier } from "../models/gateway/tiers.js";
import { nearest } from "../platform/text.js";
import type { Choice, Provider } from "./endpoint.js";
import { gatewayEntry } from "./gateway-entry.js";
import type { GatewaySettings } from "./gateway-settings.js";
import type { Environment, Flags } from "./input.js";
import { proxyFor } from "./proxy.js";
import type { Settings } from "./settings.js";
import { UsageError } from "./usage-error.js";

/** `work`: who works is chosen by role, by the name of a gateway's model, or by flags that leave the gateway aside. */
export type GatewayConfig = {
  models: readonly GatewayModel[];
  roles: Roles;
  work: { by: "role" } | { by: "name"; name: string } | { by: "flags" };
};

/** `place` is where the settings stand, for messages. */
type Asked = { flags: Flags; env: Environment; settings: Settings; place?: string; choose(): Choice | undefined };

/** The gateway's models, of the environment or else of settings.json; throws a UsageError that names the wrong entry. */
export function readGateway(asked: Asked): { choice?: Choice | undefined; gateway?: GatewayConfig } {
  const { env, settings, place = "settings.json", choose } = asked;
  const listed = env.NANOCODER_GATEWAY_MODELS?.trim() ?? "";
  const entries = listed === "" ? ofSettings(settings.gateway, place) : ofEnvironment(listed);
  const models = entries.map((entry) => gatewayModel(entry, env));
  const work = workOf(asked.flags, models);
  const gateway = { models, roles: settings.gateway?.roles ?? {}, work };
  if (work.by !== "flags") return { gateway };
  const choice = choose();
  if (choice) return { gateway, choice };
  const { model } = asked.flags;
  const what =
    model === undefined ? "These flags leave the gateway aside" : `-m ${model}: the gateway has no such model`;
  const names = models.map((each) => each.model).join(", ");
  throw new UsageError(`${what}, and there is no key or base URL to ask another. The gateway's models: ${names}.`);
}

function workOf(flags: Flags, models: readonly GatewayModel[]): GatewayConfig["work"] {
  const { model: name, baseUrl, apiKey, provider } = flags;
  if (baseUrl !== undefined || apiKey !== undefined || provider !== undefined) return { by: "flags" };
  if (name === undefined) return { by: "role" };
  return models.some(({ model }) => model === name) ? { by: "name", name } : { by: "flags" };
}

/** `where` names the entry in messages, without its key. */
type Entry = NonNullable<GatewaySettings["models"]>[number] & { where: string; keyFrom: string };

function ofSettings({ models = [] }: GatewaySettings = {}, place: string): Entry[] {
  return models.map((model, at) => {
    const where = `gateway.models[${at}] (${model.name}) of ${place}`;
    if (model.name.trim() === "") throw new UsageError(`gateway.models[${at}] of ${place}: the name is empty.`);
    return { ...model, where, keyFrom: where };
  });
}

function ofEnvironment(listed: string): Entry[] {
  const texts = listed.split(",").filter((text) => text.trim() !== "");
  if (texts.length === 0) throw new UsageError(`NANOCODER_GATEWAY_MODELS holds no entry. ${EXPECTED}`);
  return texts.map((text, at) => {
    const where = `NANOCODER_GATEWAY_MODELS, entry ${at + 1} of ${texts.length}`;
    const entry = gatewayEntry(text);
    if (entry === undefined) throw new UsageError(`${where}: it is not written as it must be. ${EXPECTED}`);
    const named = `${where} (${entry.name})`;
    return { ...entry, tier: tierNamed(entry.tier, named), where: named, keyFrom: named };
  });
}

const EXPECTED =
  "Write name:tier:base_url:api_key, the tier strong, fast or cheap, the base URL with http:// or https://, the key may be empty; commas between entries.";

function tierNamed(name: string, where: string): Tier {
  const known = TIERS.find((tier) => tier === name);
  if (known) return known;
  const [near] = nearest(name, TIERS);
  const hint = near === undefined ? "Choose strong, fast or cheap." : `Did you mean ${near}?`;
  throw new UsageError(`${where}: there is no tier "${name}". ${hint}`);
}

function gatewayModel({ name, tier, baseUrl, apiKey, provider, window, where, keyFrom }: Entry, env: Environment) {
  const url = address(baseUrl, where);
  const proxy = proxyFor(url, env);
  return {
    provider: provider ?? wireOf(url),
    tier,
    model: name,
    baseUrl,
    // local servers want some key and take any
    apiKey: apiKey?.trim() || "none",
    keyFrom,
    ...(window === undefined ? {} : { window }),
    ...(proxy === undefined ? {} : { proxy }),
  };
}

function address(baseUrl: string, where: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new UsageError(`${where}: the base URL "${baseUrl}" is no address. Write it like https://host:port/v1.`);
  return url;
}

// a base URL tells its wire: who offers both wires has a path for each
function wireOf({ hostname, pathname }: URL): Provider {
  const named = /(^|\.)anthropic\.com$/.test(hostname) || /\/anthropic(\/|$)|\/messages\/?$/.test(pathname);
  return named ? "anthropic" : "openai";
}
