import type { Plugin } from "../core/plugin.js";
import { LIST_KEY } from "../tools/todo-write.js";

/** Events before which three rounds cannot have passed: until then what counts them is not loaded. */
const EARLY = 11;

/** Reminds the model of its list when it has worked for a while without touching it. */
export function todo(): Plugin {
  return {
    name: LIST_KEY,
    async beforeStep({ events }) {
      return events.length < EARLY ? undefined : (await import("./todo-reminder.js")).reminder(events);
    },
  };
}
