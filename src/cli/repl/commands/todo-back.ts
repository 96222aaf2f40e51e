import type { Event, Fact } from "../../../core/event.js";
import { state } from "../../../core/fold.js";
import type { Json } from "../../../core/message.js";
import { readTodos, todoLines } from "../../../tools/todo-list.js";
import { LIST_KEY } from "../../../tools/todo-write.js";

/** The state key of what an undo did to the list: `from` what it was, `to` what it is since. */
const UNDONE = "undo:todo";

/** What puts the list back to what it was before a prompt, and words for the model; nothing where it is the same. */
export function listBefore(events: readonly Event[], prompt: number): { facts: Fact[]; words: string } {
  const before = events.findLast((event) => event.type === "state" && event.key === LIST_KEY && event.seq < prompt);
  const to = before?.type === "state" ? before.value : [];
  const from = state(events, LIST_KEY) ?? [];
  return same(from, to) ? { facts: [], words: "" } : change(to, { from, to });
}

/** What takes that back, where nobody has written the list since. */
export function listAfter(events: readonly Event[]): { facts: Fact[]; words: string } {
  const undone = state(events, UNDONE);
  if (typeof undone !== "object" || undone === null || Array.isArray(undone)) return { facts: [], words: "" };
  const { from = [], to = [] } = undone;
  return same(state(events, LIST_KEY) ?? [], to) ? change(from, null) : { facts: [], words: "" };
}

function change(list: Json, undone: Json): { facts: Fact[]; words: string } {
  const facts: Fact[] = [
    { type: "state", key: LIST_KEY, value: list },
    { type: "state", key: UNDONE, value: undone },
  ];
  const lines = Array.isArray(list) && list.length > 0 ? todoLines(readTodos(list)) : ["(empty)"];
  return { facts, words: `\nThe todo list is as it was then:\n${lines.join("\n")}` };
}

function same(one: Json, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
