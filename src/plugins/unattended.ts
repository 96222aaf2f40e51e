import type { Event } from "../core/event.js";
import { sinceLastEnd } from "../core/fold.js";

/** Whether what goes on is for a schedule, or for what it left running, and nobody has said anything since. */
export function unattended(events: readonly Event[]): boolean {
  if (!sinceLastEnd(events).some(({ type }) => type === "prompt")) return false;
  const prompt = events.findLast((event) => event.type === "prompt" && event.from !== "job");
  return prompt?.type === "prompt" && prompt.from === "schedule";
}
