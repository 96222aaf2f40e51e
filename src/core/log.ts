import type { Event, Fact } from "./event.js";

/**
 * The one truth of a session: facts in order, appended and never changed.
 * `append` returns once the fact is as durable as this log can make it; it throws when it is not.
 *
 * @example
 * const quiet: Log = memoryLog();
 * const loud: Log = { events: quiet.events, append: (fact) => (console.log(fact.type), quiet.append(fact)) };
 */
export interface Log {
  /** All facts in their places. */
  readonly events: readonly Event[];
  /** Adds one and gives it its place. */
  append(fact: Fact): Event;
}

/**
 * A log that lives and dies with the process.
 *
 * @example
 * const copy = memoryLog(agent.log.events);
 */
export function memoryLog(events: readonly Event[] = []): Log {
  const kept: Event[] = [...events];
  return {
    events: kept,
    append(fact) {
      const event: Event = { ...fact, seq: kept.length, at: Date.now() };
      kept.push(event);
      return event;
    },
  };
}
