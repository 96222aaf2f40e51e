import { type Event, NO_USAGE, type Usage } from "../../core/event.js";
import type { Json } from "../../core/message.js";
import { cost } from "../catalog.js";
import type { Told } from "./ask-in-turn.js";
import { type GatewayModel, labels, type Tier } from "./tiers.js";

/** What a model of a gateway did, read from a log. */
export type Figures = {
  name: string;
  tier: Tier;
  /** Requests, with those that failed. */
  calls: number;
  errors: number;
  /** Median of the answers, in milliseconds; null before the first. */
  latency: number | null;
  usage: Usage;
  /** In USD; null when a price is not known. */
  cost: number | null;
};

const KEY = "gateway:";

/** The fact that the log keeps of each request. */
export function stateOf(told: Told): { type: "state"; key: string; value: Json } {
  const { label, type, ms } = told;
  if (told.type === "answered") return { type: "state", key: `${KEY}${label}`, value: { type, model: told.model, ms } };
  const status = told.status === undefined ? {} : { status: told.status };
  return { type: "state", key: `${KEY}${label}`, value: { type: "failed", why: told.why, ...status, ms } };
}

/** The figures of each model, in the order given, over these events. */
export function figures(events: readonly Event[], models: readonly GatewayModel[]): Figures[] {
  const names = labels(models);
  const told = events.flatMap((event) => readState(event) ?? []);
  const paid = payments(events);
  return models.map(({ tier }, at) => {
    const name = names[at] ?? "";
    const mine = told.filter((each) => each.label === name);
    const answers = mine.filter((each) => each.type === "answered");
    const spent = paid.filter((each) => each.label === name);
    return {
      name,
      tier,
      calls: mine.length,
      errors: mine.length - answers.length,
      latency: median(answers.map(({ ms }) => ms)),
      usage: spent.reduce((sum, { usage }) => plus(sum, usage), NO_USAGE),
      cost: total(spent),
    };
  });
}

type State = { type: string; label: string; model: string | undefined; ms: number };

function readState(event: Event): State | undefined {
  if (event.type !== "state" || !event.key.startsWith(KEY)) return undefined;
  const { value } = event;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { type, model, ms } = value;
  if (typeof type !== "string" || typeof ms !== "number") return undefined;
  return { type, label: event.key.slice(KEY.length), model: typeof model === "string" ? model : undefined, ms };
}

type Payment = { label: string; model: string; usage: Usage };

// a provider may call its model otherwise than it was asked for: who answered last by that name was paid
function payments(events: readonly Event[]): Payment[] {
  const answered = new Map<string, string>();
  return events.flatMap((event) => {
    const state = readState(event);
    if (state?.model !== undefined) answered.set(state.model, state.label);
    if (event.type !== "reply" && event.type !== "spent") return [];
    const label = answered.get(event.model);
    if (label === undefined || (event.type === "reply" && event.stop === "cut")) return [];
    return [{ label, model: event.model, usage: event.usage }];
  });
}

function total(spent: readonly Payment[]): number | null {
  const costs = spent.map(({ usage, model }) => cost(usage, model));
  return costs.some((each) => each === undefined) ? null : costs.reduce((sum: number, each) => sum + (each ?? 0), 0);
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : Math.round((low + high) / 2);
}

function plus(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
  };
}
