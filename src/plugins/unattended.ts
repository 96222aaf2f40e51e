import type { Event } from "../core/event.js";
import { sinceLastEnd } from "../core/fold.js";
import { isAsked } from "./asked.js";
import { standingJobs } from "./lost-jobs.js";

/**
 * Whether what goes on is for a schedule, and nobody has said anything since; news of what runs in the background is nobody's word. With an
 * `asker`, one that works beside the conversation, also while that is idle.
 */
export function unattended(events: readonly Event[], asker?: string): boolean {
  if (asker === undefined && !sinceLastEnd(events).some(({ type }) => type === "prompt")) return false;
  const prompt = events.findLast(isAsked);
  return prompt?.type === "prompt" && prompt.from === "schedule";
}

/** The same of a form, which does not say whose call wants it: in an idle session it is that of something in the background. */
export function formUnattended(events: readonly Event[]): boolean {
  return unattended(events) || (unattended(events, "a form") && standingJobs(events).length > 0);
}
