import type { Event, Fact } from "../../core/event.js";
import type { Model } from "../../core/model.js";
import { askInTurn, CLOCK, type Clock, first, type Member, type Told } from "./ask-in-turn.js";
import { Breaker, type Standing } from "./breaker.js";
import { type Figures, figures, stateOf } from "./figures.js";
import { fromTier, type GatewayModel, labels, ladder, type Role, type Roles, type Tier } from "./tiers.js";

/** Several models that stand in for each other. */
export type Gateway = {
  /** The model for a role: `id` and `window` are those of the one that would be asked now. */
  modelFor(role: Role): Model;
  /** The model where one of this tier is wanted. */
  tier(tier: Tier): Model;
  /** The models of that name and no other; undefined when there is none. */
  named(name: string): Model | undefined;
  /** Where a fact of each request goes from now on. */
  keep(record: (fact: Fact) => void): void;
  /** What each model did, read from these events. */
  figures(events: readonly Event[]): Figures[];
  /** How each model stands now, in the order of `figures`. */
  standings(): Standing[];
};

export type GatewayParts = {
  /** In the order in which those of a tier are asked. At least one. */
  models: readonly GatewayModel[];
  roles?: Roles;
  /** Makes the model behind an endpoint; it does not ask again by itself. */
  wire(model: GatewayModel): Model;
  clock?: Partial<Clock>;
};

/** Opens a gateway: who failed, and rests for it, is known to it alone and as long as it lives. */
export function openGateway({ models, roles = {}, wire, clock: given }: GatewayParts): Gateway {
  const clock = { ...CLOCK, ...given };
  const names = labels(models);
  const members = models.map((model, at) => ({
    tier: model.tier,
    name: model.model,
    label: names[at] ?? model.model,
    model: wire(model),
    breaker: new Breaker(clock.now),
  }));
  let record = (_: Fact): void => undefined;
  const tell = (told: Told) => record(stateOf(told));
  const together = (some: readonly Member[]) => oneOf(some, { clock, tell });
  return {
    modelFor: (role) => together(ladder(members, role, roles)),
    tier: (tier) => together(fromTier(members, tier)),
    named(name) {
      const some = members.filter((member) => member.name === name);
      return some.length === 0 ? undefined : together(some);
    },
    keep(next) {
      record = next;
    },
    figures: (events) => figures(events, models),
    standings: () => members.map(({ breaker }) => breaker.standing),
  };
}

function oneOf(members: readonly Member[], { clock, tell }: { clock: Clock; tell(told: Told): void }): Model {
  const now = () => {
    const member = first(members);
    if (member) return member.model;
    throw new Error("A gateway needs at least one model.");
  };
  return {
    get id() {
      return now().id;
    },
    get window() {
      return now().window;
    },
    stream: (request, signal) => askInTurn({ members, request, signal, clock, tell }),
  };
}
