import type { Event, Fact, Usage } from "../core/event.js";
import type { Plugin } from "../core/plugin.js";
import { cost } from "../models/catalog.js";
import { isAsked } from "./asked.js";
import type { watchCircles } from "./circles.js";

/** `maxCost` is in USD. */
export type Limits = { maxTurns?: number | undefined; maxCost?: number | undefined };

/** Answers since somebody asked before which nothing goes in circles: until then what finds them is not loaded. */
const EARLY = 3;

/** Ends a run that has asked the model `maxTurns` times, has cost `maxCost`, or goes in circles. */
export function limits(most: Limits): Plugin {
  const tally = tallies();
  let watch: ReturnType<typeof watchCircles> | undefined;
  return {
    name: "limits",
    async beforeStep({ events }) {
      const known = tally(events);
      const end = endOf(known, most);
      if (end || known.since < EARLY) return end;
      watch ??= (await import("./circles.js")).watchCircles();
      return watch(events);
    },
  };
}

/** Ends a run at limits of its own, beside those that its agent has. */
export function budget(most: Limits): Plugin {
  const tally = tallies();
  return { name: "budget", beforeStep: ({ events }) => endOf(tally(events), most) };
}

function endOf({ turns, spent, uncounted }: Tally, { maxTurns, maxCost }: Limits): Fact | undefined {
  if (maxTurns !== undefined && turns >= maxTurns) return ended("max_turns");
  if (maxCost === undefined) return undefined;
  if (uncounted !== undefined) return ended(`max_cost: ${uncounted}`);
  return spent >= maxCost ? ended(`max_cost: $${spent.toFixed(6)} spent of $${maxCost}`) : undefined;
}

/** What counts of the newest run; `spent` is in USD, `uncounted` says why it is more than that. `since`: answers since somebody asked. */
type Tally = { turns: number; since: number; spent: number; uncounted?: string };

const NONE: Tally = { turns: 0, since: 0, spent: 0 };

// reads a log that grows, at the cost of what came since the last reading
function tallies(): (events: readonly Event[]) => Tally {
  let past: { events: readonly Event[]; upto: number; tally: Tally } | undefined;
  return (events) => {
    const known = past?.events === events ? past : { upto: 0, tally: NONE };
    const tally = events.slice(known.upto).reduce(count, known.tally);
    past = { events, upto: events.length, tally };
    return tally;
  };
}

function count(tally: Tally, event: Event): Tally {
  if (event.type === "ended") return { ...NONE, since: tally.since };
  if (isAsked(event)) return { ...tally, since: 0 };
  if (event.type === "spent") return pay(tally, event);
  if (event.type !== "reply" || event.stop === "cut") return tally;
  return pay({ ...tally, turns: tally.turns + 1, since: tally.since + 1 }, event);
}

function pay(tally: Tally, { usage, model }: { usage: Usage; model: string }): Tally {
  const price = cost(usage, model);
  if (price === undefined) return { ...tally, uncounted: `the price of ${model} is not known` };
  if (price === 0) return { ...tally, uncounted: `${model} does not tell the tokens it used` };
  return { ...tally, spent: tally.spent + price };
}

function ended(reason: string): Fact {
  return { type: "ended", outcome: "limit", reason };
}
