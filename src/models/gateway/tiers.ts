import type { Endpoint } from "../endpoint.js";

export const TIERS = ["strong", "fast", "cheap"] as const;
/**
 * What a model is good for: it stands in for others of its tier, and then for the next.
 *
 * @example
 * const tier: Tier = "cheap";
 */
export type Tier = (typeof TIERS)[number];

/** What a model is asked for: the work itself, a plan, a summary of it, a verdict on it, a name for it. */
export const ROLES = ["work", "plan", "summarise", "judge", "title"] as const;
/**
 * What a model is asked for.
 *
 * @example
 * const role: Role = "summarise";
 */
export type Role = (typeof ROLES)[number];
/**
 * Which tier does what.
 *
 * @example
 * const roles: Roles = { plan: "strong", judge: "fast" };
 */
export type Roles = Partial<Record<Role, Tier>>;

/** A model of a gateway: where it is asked, by which wire, and in which tier it stands. */
export type GatewayModel = Endpoint & { provider: "openai" | "anthropic"; tier: Tier };

const USUAL: Record<Role, Tier> = {
  work: "strong",
  plan: "strong",
  judge: "strong",
  summarise: "cheap",
  title: "cheap",
};

// work that a weaker model spoils costs more than a stronger one
const ORDER: Record<Tier, readonly Tier[]> = {
  strong: ["strong", "fast", "cheap"],
  fast: ["fast", "strong", "cheap"],
  cheap: ["cheap", "fast", "strong"],
};

/** The models for a role in the order in which they are asked: its tier's, then those of the next tiers. */
export function ladder<M extends { tier: Tier }>(models: readonly M[], role: Role, roles: Roles): M[] {
  return fromTier(models, roles[role] ?? USUAL[role]);
}

/** The models in the order in which they are asked where one of this tier is wanted. */
export function fromTier<M extends { tier: Tier }>(models: readonly M[], wanted: Tier): M[] {
  return ORDER[wanted].flatMap((tier) => models.filter((model) => model.tier === tier));
}

/** What each model is called in messages and in the log: its name, and more where two have the same. */
export function labels(models: readonly GatewayModel[]): string[] {
  const names = models.map(({ model, baseUrl }) => {
    const shared = models.filter((other) => other.model === model).length > 1;
    return shared ? `${model} at ${new URL(baseUrl).host}` : model;
  });
  return names.map((name, at) => {
    const before = names.slice(0, at).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}
