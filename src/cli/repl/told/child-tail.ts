import type { Delta, Event } from "../../../core/event.js";
import { visible } from "../../../platform/text.js";
import { argumentOf, type Seen } from "./tool-line.js";

/** What a sub-agent does, for the lines below the call it works for. */
export function childWords(item: Event | Delta): string {
  if ("seq" in item) return "";
  if (item.type === "text") return item.text;
  return item.type === "call" ? `\n> ${visible(item.call.name)} ${argumentOf(item.call)}\n` : "";
}

/** Counts the calls of a sub-agent as they come. */
export function countCall(seen: Seen | undefined, item: Event | Delta): void {
  if (seen && !("seq" in item) && item.type === "call") seen.calls = (seen.calls ?? 0) + 1;
}
