import type { Event } from "../core/event.js";
import type { Plugin } from "../core/plugin.js";
import type { Session } from "../core/session.js";

/** What lets runs of an agent begin: one at a time on a log, none once it is shut. */
export type Door = { plugin: Plugin; busy(log: { readonly events: readonly Event[] }): boolean; shut(): void };

export const CLOSED = "The agent is closed: make another to go on.";
export const BUSY =
  "The agent still works: await its answer first, or post to agent.inbox what it should hear meanwhile.";

/** Two runs on one log would answer each other's prompts; a run ends its signal when it is over. */
export function oneRun(): Door {
  let live: Session | undefined;
  let closed = false;
  const works = (events: readonly Event[]) => live !== undefined && live.events === events && !live.signal.aborted;
  return {
    busy: ({ events }) => works(events),
    shut() {
      closed = true;
    },
    plugin: {
      name: "one run",
      // asked before anything of a run is recorded, and before each request
      tools(session) {
        if (session === live) return [];
        if (closed) throw new Error(CLOSED);
        if (works(session.events)) throw new Error(BUSY);
        live = session;
        return [];
      },
      beforeStep: () => (closed ? { type: "ended", outcome: "aborted", reason: "the agent was closed" } : undefined),
    },
  };
}
