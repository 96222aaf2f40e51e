import type { Event, Fact } from "../core/event.js";
import { state } from "../core/fold.js";
import { callsIn } from "../core/message.js";
import { LIST_KEY, LIST_TOOL } from "../tools/todo-write.js";

/** Answers with calls after which the model is reminded. */
const ROUNDS = 3;

// in a tag: it is for the model, and no person is shown it
const OPEN =
  "<reminder>The todo list was not updated for some rounds. If it no longer says where the work stands, write it anew with todo_write; else go on. This is no word of the user.</reminder>";
const NONE =
  "<reminder>There is no todo list. If this task has several steps, write one with todo_write; else go on. This is no word of the user.</reminder>";

/** The note that is due before the next step: of an open list again and again, of none once a prompt. */
export function reminder(events: readonly Event[]): Fact | undefined {
  if (!isDue(events)) return undefined;
  const list = state(events, LIST_KEY);
  if (Array.isArray(list) && list.some(isOpen)) return { type: "note", by: LIST_KEY, text: OPEN };
  const none = !Array.isArray(list) || list.length === 0;
  return none && !isReminded(events) ? { type: "note", by: LIST_KEY, text: NONE } : undefined;
}

// the third round has passed since the list was written, or the model was reminded of it
function isDue(events: readonly Event[]): boolean {
  let rounds = 0;
  const voided = new Set<number>();
  for (let at = events.length - 1; at >= 0 && rounds < ROUNDS; at -= 1) {
    const event = events[at];
    if (event === undefined || event.type === "prompt" || event.type === "compacted" || isReminder(event)) return false;
    if (event.type === "retried" && event.voids !== undefined) voided.add(event.voids);
    const calls = event.type === "reply" && !voided.has(event.seq) ? callsIn(event.parts) : [];
    if (calls.some(({ name }) => name === LIST_TOOL)) return false;
    if (calls.length > 0) rounds += 1;
  }
  return rounds === ROUNDS;
}

function isReminder(event: Event): boolean {
  return event.type === "note" && event.by === LIST_KEY;
}

function isReminded(events: readonly Event[]): boolean {
  const prompt = events.findLastIndex(({ type }) => type === "prompt");
  return events.findLastIndex(isReminder) > prompt;
}

function isOpen(item: unknown): boolean {
  return typeof item === "object" && item !== null && "status" in item && item.status !== "completed";
}
