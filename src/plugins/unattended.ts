import type { Event } from "../core/event.js";
import { sinceLastEnd } from "../core/fold.js";

/** Whether what goes on is for a schedule, and nobody has said anything since. */
export function unattended(events: readonly Event[]): boolean {
  const prompt = sinceLastEnd(events).findLast(({ type }) => type === "prompt");
  return prompt?.type === "prompt" && prompt.from === "schedule";
}
