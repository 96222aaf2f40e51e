import type { Event } from "../core/event.js";

/** Who mail and notes of what runs in the background are from, and the beginning of their state keys. */
export const JOB = "job";

/** Whether somebody asked for something: a person, a schedule, a goal. News of what runs in the background is nobody's word. */
export function isAsked(event: Event): boolean {
  return event.type === "prompt" && event.from !== JOB;
}
