import type { Roles, Tier } from "../models/gateway/tiers.js";

/**
 * Several models that stand in for each other, as under `gateway` in settings.json.
 *
 * @example
 * const gateway: GatewaySettings = {
 *   models: [
 *     { name: "gpt-5", tier: "strong", baseUrl: "https://api.openai.com/v1", apiKey },
 *     { name: "qwen3", tier: "cheap", baseUrl: "http://localhost:11434/v1" },
 *   ],
 *   roles: { plan: "strong" },
 * };
 */
export type GatewaySettings = {
  /** In the order in which those of a tier are asked. */
  models?: {
    /** At its address. */
    name: string;
    /** What it is good for. */
    tier: Tier;
    /** With or without the version. */
    baseUrl: string;
    /** None is sent when absent. */
    apiKey?: string;
    /** As the address has it when absent. */
    provider?: "openai" | "anthropic";
    /** In tokens. */
    window?: number;
  }[];
  /** Which tier does what; `work`, `plan` and `judge` are strong and the others cheap when absent. */
  roles?: Roles;
};
