import type { Json } from "../core/message.js";
import { isFields } from "../platform/fields.js";

export const STATUSES = ["pending", "in_progress", "completed"] as const;
export type TodoStatus = (typeof STATUSES)[number];
/** One thing to do, in one line. */
export type TodoItem = { content: string; status: TodoStatus };

/** Items of a list, and characters of one: longer ones are no plan any more. */
const MOST = { items: 20, content: 500 };
const MARKS: Record<TodoStatus, string> = { pending: "[ ]", in_progress: "[>]", completed: "[x]" };

/** The list that a model sends, also as text that holds it in JSON. Throws a sentence that names the item at fault. */
export function readTodos(input: Json): TodoItem[] {
  const list = listIn(input);
  if (list.length > MOST.items) fail(`there are ${list.length} items, at most ${MOST.items} fit: put steps together`);
  const items = list.map(itemOf);
  const [first, second] = items.flatMap(({ status }, at) => (status === "in_progress" ? [at + 1] : []));
  if (second !== undefined) fail(`items ${first} and ${second} are both in_progress: only one may be`);
  return items;
}

/** A line for each item: `[ ]` to do, `[>]` at work, `[x]` done. */
export function todoLines(items: readonly TodoItem[]): string[] {
  return items.map(({ content, status }) => `${MARKS[status]} ${content}`);
}

/** How many there are, in words. */
export function countOf(items: readonly TodoItem[]): string {
  const done = items.filter(({ status }) => status === "completed").length;
  if (items.length === 0) return "The list is empty.";
  return `The list has ${items.length === 1 ? "1 item" : `${items.length} items`}, ${done} completed.`;
}

function listIn(input: Json): Json[] {
  const given = isFields(input) ? (input.todos ?? input.items) : input;
  const list = typeof given === "string" ? parsed(given) : given;
  if (Array.isArray(list)) return list;
  return fail(given === undefined ? "todos is missing (a list of items)" : "todos must be a list of items");
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function itemOf(item: Json, at: number): TodoItem {
  const where = `item ${at + 1}`;
  if (!isFields(item)) return fail(`${where} must be an object with content and status`);
  const { content, status } = item;
  if (typeof content !== "string" || content.trim() === "")
    return fail(`${where} has no content (words that say what)`);
  if (content.length > MOST.content)
    return fail(`${where} has ${content.length} characters, at most ${MOST.content} fit: say it in a line`);
  const known = STATUSES.find((each) => each === status);
  if (known !== undefined) return { content: content.replace(/\s+/g, " ").trim(), status: known };
  const said = status === undefined ? "no status" : `the status ${JSON.stringify(status).slice(0, 40)}`;
  return fail(`${where} has ${said}: use one of ${STATUSES.join(", ")}`);
}

function fail(why: string): never {
  throw new Error(`${why}. The list is unchanged; send all of it again.`);
}
