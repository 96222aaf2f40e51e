import type { Event, Fact } from "../../../core/event.js";
import { state } from "../../../core/fold.js";
import type { Json } from "../../../core/message.js";
import { readTodos, todoLines } from "../../../tools/todo-list.js";
import { LIST_KEY } from "../../../tools/todo-write.js";

/** The state key of the list that an undo took back, and of what. */
const TAKEN = "undo.todo";

/** The todo list that comes with an undo or a redo: what is recorded, and what the model is told of it. */
export type GivenBack = { facts: readonly Fact[]; words: string };

/** The list as it was when the oldest of the undone prompts came; undefined where it is the same now. */
export function listUndone(events: readonly Event[], prompts: readonly number[], paths: string): GivenBack | undefined {
  if (prompts.length === 0) return undefined;
  const oldest = Math.min(...prompts);
  const [before, now] = [listIn(events.filter(({ seq }) => seq < oldest)), listIn(events)];
  if (same(before, now)) return undefined;
  const taken: Fact = { type: "state", key: TAKEN, value: { paths, list: now, left: before } };
  return given(before, "The todo list is again as it was before that", [taken]);
}

/** The list that the undo of these paths took back; undefined where it took none, and where the list was written since. */
export function listRedone(events: readonly Event[], paths: string): GivenBack | undefined {
  const taken = state(events, TAKEN);
  if (typeof taken !== "object" || taken === null || Array.isArray(taken) || taken.paths !== paths) return undefined;
  const { list = [], left = [] } = taken;
  if (same(list, left) || !same(left, listIn(events))) return undefined;
  return given(list, "The todo list is again as it was before the undo", []);
}

function given(list: Json, words: string, more: readonly Fact[]): GivenBack {
  const lines = todoLines(readTodos(list));
  const text = lines.length === 0 ? `${words}: empty.` : `${words}:\n${lines.join("\n")}`;
  return { facts: [...more, { type: "state", key: LIST_KEY, value: list }], words: text };
}

function listIn(events: readonly Event[]): Json {
  return state(events, LIST_KEY) ?? [];
}

function same(one: Json, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
