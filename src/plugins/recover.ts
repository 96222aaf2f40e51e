import type { Event, EventOf, Fact } from "../core/event.js";
import { callsIn } from "../core/message.js";
import { ModelError } from "../core/model.js";
import type { Plugin } from "../core/plugin.js";

/** Broken answers in a row after which the run ends. */
const TRIES = 3;

/**
 * Asks again after an answer broke in the middle. What was shown and called nothing is left out of the
 * conversation; what called tools stays, with their results, and the model goes on from there.
 */
export function recover(): Plugin {
  return {
    name: "recover",
    afterFailure({ events }, error) {
      if (!(error instanceof ModelError && error.transient)) return undefined;
      const broken = newestReply(events);
      const attempt = triesInARow(events) + 1;
      if (broken?.stop !== "cut" || attempt > TRIES) return undefined;
      const fact: Fact = { type: "retried", reason: error.message, attempt };
      return callsIn(broken.parts).length > 0 ? fact : { ...fact, voids: broken.seq };
    },
  };
}

function newestReply(events: readonly Event[]): EventOf<"reply"> | undefined {
  const since = events.findLast(
    (event) => event.type === "reply" || event.type === "prompt" || event.type === "retried",
  );
  return since?.type === "reply" ? since : undefined;
}

function triesInARow(events: readonly Event[]): number {
  const whole = events.findLastIndex(
    (event) => event.type === "prompt" || (event.type === "reply" && event.stop !== "cut"),
  );
  return events.slice(whole + 1).filter((event) => event.type === "retried").length;
}
