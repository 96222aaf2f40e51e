import type { Event, Fact } from "../../src/core/event.js";
import type { Model } from "../../src/core/model.js";
import { anthropic } from "../../src/models/anthropic.js";
import { type Gateway, openGateway } from "../../src/models/gateway/open-gateway.js";
import type { GatewayModel, Roles, Tier } from "../../src/models/gateway/tiers.js";
import { openai } from "../../src/models/openai.js";
import type { Turn } from "../../src/models/scripted/script.js";

export const busy = (status = 529, more: Partial<NonNullable<Turn["error"]>> = {}): Turn => ({
  error: { status, ...more },
});

/** A clock that goes on only when it is slept by, or told to. */
export type TestClock = {
  at: number;
  slept: number[];
  now(): number;
  sleep(ms: number): Promise<void>;
  random(): number;
};

export function testClock(): TestClock {
  const clock: TestClock = {
    at: 0,
    slept: [],
    now: () => clock.at,
    async sleep(ms) {
      clock.slept.push(ms);
      clock.at += ms;
    },
    random: () => 0,
  };
  return clock;
}

export const wire = (endpoint: GatewayModel): Model =>
  endpoint.provider === "openai" ? openai(endpoint) : anthropic(endpoint);

type At = { url: string; tier?: Tier; provider?: GatewayModel["provider"]; window?: number };

export function modelAt(model: string, { url, tier = "strong", provider = "openai", window }: At): GatewayModel {
  const own = window === undefined ? {} : { window };
  return { model, tier, provider, baseUrl: url, apiKey: "key-of-a-test", keyFrom: "a test", ...own };
}

/** A gateway whose facts are kept in a list, on a clock of its own. */
export function gatewayOf(
  models: readonly GatewayModel[],
  roles: Roles = {},
): { gateway: Gateway; clock: TestClock; events: Event[] } {
  const clock = testClock();
  const gateway = openGateway({ models, roles, wire, clock });
  const events: Event[] = [];
  gateway.keep((fact: Fact) => events.push({ ...fact, seq: events.length, at: 0 }));
  return { gateway, clock, events };
}
