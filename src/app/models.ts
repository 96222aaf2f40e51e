import type { Model } from "../core/model.js";
import { anthropic } from "../models/anthropic.js";
import { lookup } from "../models/catalog.js";
import type { Endpoint } from "../models/endpoint.js";
import { fitting } from "../models/fitting.js";
import type { Gateway } from "../models/gateway/open-gateway.js";
import type { GatewayModel, Role } from "../models/gateway/tiers.js";
import { openai } from "../models/openai.js";
import { retrying } from "../models/retrying.js";
import type { Config } from "./config.js";
import type { Provider } from "./endpoint.js";
import type { GatewayConfig } from "./gateway.js";
import { UsageError } from "./usage-error.js";

/** Who is asked for what; without a gateway every role is the one model. */
export type Models = {
  modelFor(role: Role): Model;
  /** A model by its name: the gateway's, else one at the address that works. */
  named(name: string): Model;
  gateway?: Gateway;
  /** Writes summaries and memories where there is one beside the model that works. */
  cheap?: Model;
};

/** Makes the models that a configuration names; `notice` is told what is not known of them. */
export async function modelsOf(config: Config, notice: (line: string) => void): Promise<Models> {
  const { choice, gateway } = config;
  const endpoints = [...(choice ? [choice] : []), ...(gateway?.models ?? [])].map((each) => tuned(each, config));
  checkPrices(endpoints, config.maxCost);
  for (const line of unknownOf(endpoints)) notice(line);
  const [one] = endpoints;
  if (one === undefined) throw new UsageError("No model is configured: give a key or a base URL.");
  if (gateway === undefined) {
    const model = retrying(wire(one));
    return { modelFor: () => model, named: (name) => retrying(wire({ ...one, model: name })) };
  }
  return throughGateway({ gateway, models: gateway.models.map((each) => tuned(each, config)), one });
}

type Wired = Endpoint & { provider: Provider };
type Opening = { gateway: GatewayConfig; models: readonly GatewayModel[]; one: Wired };

// a model that was named works and plans; what is said about its work is still asked of the others
async function throughGateway({ gateway: { roles, work }, models, one }: Opening): Promise<Models> {
  const { openGateway } = await import("../models/gateway/open-gateway.js");
  const gateway = openGateway({ models, roles, wire });
  const worker = work.by === "flags" ? retrying(wire(one)) : work.by === "name" ? gateway.named(work.name) : undefined;
  const works = (role: Role) => role === "work" || role === "plan";
  return {
    gateway,
    cheap: gateway.modelFor("summarise"),
    modelFor: (role) => (works(role) && worker) || gateway.modelFor(role),
    named: (name) => gateway.named(name) ?? retrying(wire({ ...one, model: name })),
  };
}

function wire(endpoint: Wired): Model {
  return fitting(endpoint.provider === "openai" ? openai(endpoint) : anthropic(endpoint));
}

function tuned<E extends Wired>(endpoint: E, { window, temperature }: Config): E {
  return {
    ...(window === undefined ? {} : { window }),
    ...(temperature === undefined ? {} : { temperature }),
    ...endpoint,
  };
}

function checkPrices(endpoints: readonly Endpoint[], maxCost: number | undefined): void {
  const dear = endpoints.find(({ model }) => !lookup(model)?.price);
  if (maxCost === undefined || dear === undefined) return;
  throw new UsageError(
    `--max-cost (limits.maxCost): the price of ${dear.model} is not known, so its cost cannot be limited. Leave the limit out, or choose another model.`,
  );
}

function unknownOf(endpoints: readonly Endpoint[]): string[] {
  const unknown = endpoints.filter(({ model }) => !lookup(model));
  return unknown.map(({ model, window }) => {
    const assumed = window === undefined ? "a window of 128,000 tokens is assumed and " : "";
    return `${model} is not in the catalogue: ${assumed}its cost is unknown.`;
  });
}
