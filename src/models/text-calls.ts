import type { Json } from "../core/message.js";
import type { JsonSchema, ToolSpec } from "../core/model.js";

type Fields = { [key: string]: Json };
export type TextCall = { name: string; args: string };
/** `open`: what comes yet may make it calls; `text`: nothing can. */
export type Reading = { type: "calls"; calls: TextCall[] } | { type: "open" } | { type: "text" };

// what may stand where a call ended: another, or the rest of its end
const BEGINNINGS = ["<tool_call>", "<function=", "```", "</tool_call>"];

/**
 * Reads calls that a model wrote as text: `<tool_call>{…}</tool_call>`, `<function=name>…</function>`, or a
 * fenced JSON object with name and arguments. They are calls only when nothing stands among or after them, and
 * each names a tool that was offered.
 */
export function readCalls(text: string, tools: readonly ToolSpec[]): Reading {
  const calls: TextCall[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const one = readOne(rest);
    if (typeof one === "string") return { type: one };
    const call = callOf(one.said, tools);
    if (!call) return { type: "text" };
    calls.push(call);
    rest = one.rest.trimStart();
  }
  return { type: "calls", calls };
}

/** A JSON object, or a name with values that are all text. */
type Said = { type: "json"; fields: Fields } | { type: "function"; name: string; pairs: readonly [string, string][] };
type One = { said: Said; rest: string };
type Unread = "open" | "text";

function readOne(text: string): One | Unread {
  if (text.startsWith("<tool_call>")) return inTag(text.slice("<tool_call>".length).trimStart());
  if (text.startsWith("<function=")) return functionIn(text);
  if (text.startsWith("```")) return inFence(text);
  return BEGINNINGS.some((tag) => tag.startsWith(text)) ? "open" : "text";
}

function inTag(body: string): One | Unread {
  if (body.startsWith("<function=")) return functionIn(body);
  if (body !== "" && !body.startsWith("{")) return "<function=".startsWith(body) ? "open" : "text";
  // some servers take the last closing tag for the end of the turn, and keep it
  const fields = fieldsOf(body);
  return fields ? { said: { type: "json", fields }, rest: "" } : upTo("</tool_call>", body);
}

function inFence(text: string): One | Unread {
  const head = /^```(?:json|tool_call)?\s*(?=\{)/.exec(text)?.[0];
  if (head === undefined) return /^```[a-z_]*\s*$/.test(text) ? "open" : "text";
  return upTo("```", text.slice(head.length));
}

// what closes it may also stand in a string
function upTo(close: string, body: string): One | Unread {
  for (let at = body.indexOf(close); at >= 0; at = body.indexOf(close, at + 1)) {
    const fields = fieldsOf(body.slice(0, at));
    if (fields) return { said: { type: "json", fields }, rest: body.slice(at + close.length) };
  }
  return "open";
}

const PARAMETER = /\s*<parameter=([^>\n]+)>([\s\S]*?)<\/parameter>(?=\s*(?:<parameter=|<\/function>))/y;

function functionIn(text: string): One | Unread {
  const head = /^<function=([^>\s]+)>/.exec(text);
  if (!head) return "open";
  const pairs: [string, string][] = [];
  PARAMETER.lastIndex = head[0].length;
  let end = PARAMETER.lastIndex;
  for (let found = PARAMETER.exec(text); found; found = PARAMETER.exec(text)) {
    pairs.push([(found[1] ?? "").trim(), (found[2] ?? "").replace(/^\n|\n$/g, "")]);
    end = PARAMETER.lastIndex;
  }
  const close = /^\s*<\/function>\s*(?:<\/tool_call>)?/.exec(text.slice(end))?.[0];
  if (close === undefined) return "open";
  const said: Said = { type: "function", name: head[1] ?? "", pairs };
  return { said, rest: text.slice(end + close.length) };
}

function callOf(said: Said, tools: readonly ToolSpec[]): TextCall | undefined {
  const {
    name,
    arguments: own,
    parameters,
  } = said.type === "json" ? (fieldsIn(said.fields.function) ?? said.fields) : fieldsNamed(said.name);
  const tool = tools.find((each) => each.name === name);
  if (!tool) return undefined;
  const input = said.type === "json" ? fieldsIn(own ?? parameters) : inputOf(said.pairs, tool.schema);
  return input && { name: tool.name, args: JSON.stringify(input) };
}

function fieldsNamed(name: string): Fields {
  return { name };
}

// all values are text there: the schema says what else they are
function inputOf(pairs: readonly [string, string][], { properties }: JsonSchema): Fields {
  const known = fieldsIn(properties) ?? {};
  return Object.fromEntries(
    pairs.map(([key, value]) => {
      const type = fieldsIn(known[key])?.type;
      return [key, type === undefined || type === "string" ? value : (parsed(value.trim()) ?? value)];
    }),
  );
}

function fieldsIn(value: Json | undefined): Fields | undefined {
  const read = typeof value === "string" ? parsed(value) : value;
  return typeof read === "object" && read !== null && !Array.isArray(read) ? read : undefined;
}

function fieldsOf(text: string): Fields | undefined {
  return fieldsIn(parsed(text));
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
