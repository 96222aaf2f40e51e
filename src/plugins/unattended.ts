import type { Event } from "../core/event.js";
import { JOB } from "./job-words.js";

/** Whether what goes on is for a schedule, and nobody has said anything since; news of what runs in the background is nobody's word. */
export function unattended(events: readonly Event[]): boolean {
  const prompt = events.findLast((event) => event.type === "prompt" && event.from !== JOB);
  return prompt?.type === "prompt" && prompt.from === "schedule";
}
