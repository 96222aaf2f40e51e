import type { Event, Fact } from "../core/event.js";
import type { Plugin } from "../core/plugin.js";
import type { watchCircles } from "./circles.js";

export type Limits = { maxTurns?: number | undefined };

/** Answers before which no run goes in circles: until then what finds them is not loaded. */
const EARLY = 3;

/** Ends a run that has asked the model `maxTurns` times, or that goes in circles. */
export function limits({ maxTurns = Number.POSITIVE_INFINITY }: Limits): Plugin {
  const tally = tallies();
  let watch: ReturnType<typeof watchCircles> | undefined;
  return {
    name: "limits",
    async beforeStep({ events }) {
      const { turns } = tally(events);
      if (turns >= maxTurns) return ended("max_turns");
      if (turns < EARLY) return undefined;
      watch ??= (await import("./circles.js")).watchCircles();
      return watch(events);
    },
  };
}

/** What counts of the newest run. */
type Tally = { turns: number };

const NONE: Tally = { turns: 0 };

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
  if (event.type === "ended") return NONE;
  if (event.type === "reply" && event.stop !== "cut") return { turns: tally.turns + 1 };
  return tally;
}

function ended(reason: string): Fact {
  return { type: "ended", outcome: "limit", reason };
}
