import { isDeepStrictEqual } from "node:util";
import type { Json } from "../core/message.js";
import type { ToolContext } from "../core/tool.js";
import { isFields } from "../platform/fields.js";

export type Fields = { [key: string]: Json };

// the names that hooks written for Claude Code know our tools and their fields by
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  bash: ["Bash"],
  read_file: ["Read"],
  write_file: ["Write"],
  edit_file: ["Edit", "MultiEdit"],
  glob: ["Glob"],
  grep: ["Grep"],
  http: ["WebFetch"],
};
const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  read_file: { file_path: "path" },
  write_file: { file_path: "path" },
  edit_file: { file_path: "path", old_string: "old_text", new_string: "new_text" },
};

/** All names that a matcher may mean a tool by. */
export function namesOf(tool: string): readonly string[] {
  return [tool, ...(TOOLS[tool] ?? [])];
}

/** The input that a tool is about to run with; as the model sent it when what was read from that is not JSON. */
export function inputOf(input: unknown, { events, callId }: ToolContext): Json {
  if (isJson(input)) return input;
  for (const event of events.toReversed()) {
    if (event.type === "started" && event.callId === callId && event.call) return event.call.input;
    const parts = event.type === "reply" ? event.parts : [];
    const call = parts.find((part) => part.type === "call" && part.id === callId);
    if (call?.type === "call") return call.input;
  }
  return null;
}

/** What a hook is shown of a call: the names that Claude Code gives to fields stand beside our own. */
export function shownInput(tool: string, input: Json): Json {
  if (!isFields(input)) return input;
  const known = Object.entries(FIELDS[tool] ?? {});
  const others = known.flatMap(([other, own]): [string, Json][] =>
    input[own] === undefined ? [] : [[other, input[own]]],
  );
  return { ...input, ...Object.fromEntries(others) };
}

/** An input that a hook gave back, and what it had been shown: `sent` is `shown` without secrets. */
export type Rewriting = { tool: string; answer: Fields; shown: Json; sent: Json };

/** What a rewritten input means: secrets are put back, and of two names of a field the rewritten one counts. */
export function meantInput({ tool, answer, shown, sent }: Rewriting): Fields {
  const [before, seen] = [isFields(shown) ? shown : {}, isFields(sent) ? sent : {}];
  const meant = new Map(Object.entries(answer).map(([key, value]) => [key, unhide(key, value, { before, seen })]));
  const changed = (key: string) => meant.has(key) && !isDeepStrictEqual(meant.get(key), before[key]);
  for (const [other, own] of Object.entries(FIELDS[tool] ?? {})) {
    const value = meant.get(other);
    if (value !== undefined && (!meant.has(own) || (changed(other) && !changed(own)))) meant.set(own, value);
    meant.delete(other);
  }
  return Object.fromEntries(meant);
}

function unhide(key: string, value: Json, { before, seen }: { before: Fields; seen: Fields }): Json {
  if (isDeepStrictEqual(value, seen[key])) return before[key] ?? null;
  if (isDeepStrictEqual(before[key], seen[key])) return value;
  throw new Error(`${key} holds a secret that hooks are not shown, so that no hook can rewrite it.`);
}

function isJson(value: unknown): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).every((each) => each === undefined || isJson(each));
}
