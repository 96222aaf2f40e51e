import type { Event } from "../core/event.js";
import { sinceLastEnd } from "../core/fold.js";
import type { Plugin } from "../core/plugin.js";
import { hasMemories } from "../store/memory-place.js";
import type { MemoryOptions } from "./memory-options.js";

/** What words of a lasting wish look like; the careful look comes later. */
const TELLING =
  /\b(always|never|prefer|my preference|please|remember|keep in mind|note (that|this|to)|from now on|in (the )?future|(we|project|repo|repository|codebase|package|team|code)( \w+)? uses?)\b|记|总是|始终|一律|永远|千万|不要|以后|今后|从现在|请|用|喜欢|偏|习惯/i;

/** Gives the model what was remembered and fits a prompt, and remembers what the user says once for all. */
export function memory(options: MemoryOptions): Plugin {
  return {
    name: "memory",
    async beforeStep({ events }) {
      if (!options.inject || !isPrompted(events) || !hasMemories(options.place)) return undefined;
      return (await import("./memory-note.js")).memoryNote(events, options);
    },
    async beforeStop(session) {
      const { extract, extractor } = options;
      if (!extract || !(extractor || sinceLastEnd(session.events).some(tells))) return undefined;
      return (await import("./memory-extract.js")).extracted(session, options);
    },
  };
}

// a prompt that no answer and no note of ours has followed yet
function isPrompted(events: readonly Event[]): boolean {
  const newest = events.findLastIndex(({ type }) => type === "reply" || type === "prompt");
  if (events[newest]?.type !== "prompt") return false;
  return !events.slice(newest).some((event) => event.type === "note" && event.by === "memory");
}

function tells(event: Event): boolean {
  if (event.type !== "prompt" || event.from !== "user") return false;
  return event.parts.some((part) => part.type === "text" && TELLING.test(part.text));
}
