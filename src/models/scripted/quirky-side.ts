import type { Json } from "../../core/message.js";
import type { Fields } from "./check.js";
import { callIds, finishOf, halves, usageOf } from "./openai-words.js";
import type { Quirks } from "./quirks.js";
import { argumentsOf, type ScriptedCall } from "./script.js";
import { type Acts, sse, type Telling } from "./side.js";

/** A chat completion in chunks, as an endpoint with quirks tells it. */
export function quirkyActs(telling: Telling, wantsUsage: boolean): Acts {
  const { turn, n, model, usage, quirks } = telling;
  const base = { id: `chatcmpl-${n}`, object: "chat.completion.chunk", created: 0, model };
  const counted = quirks.has("usage-in-each") ? { usage: usageOf(usage) } : {};
  const chunk = (delta: Json, finish: string | null = null, more: Fields = {}) =>
    sse({ ...base, ...counted, choices: [{ index: 0, delta, finish_reason: finish, ...more }] });
  const { content, ...thoughts } = spoken(telling);
  const words = [chunk({ role: "assistant", content: "" })];
  if (Object.keys(thoughts).length > 0) words.push(chunk(thoughts));
  if (content !== "") words.push(...halves(content).map((half) => chunk({ content: half })));
  const made = textual(quirks) ? [] : (turn.calls ?? []).map((call, at) => deltasOf(call, at, telling));
  const ordered = quirks.has("interleaved") ? alternating(made) : made.flat();
  const inChoice = quirks.has("usage-in-choice") ? { usage: usageOf(usage) } : {};
  const finish = finishWord(telling);
  const ends = finish === undefined ? "" : chunk({}, finish, inChoice);
  const told = wantsUsage && !["no-usage", "usage-in-choice", "usage-in-each"].some((each) => has(quirks, each));
  const totals = told ? sse({ ...base, choices: [], usage: usageOf(usage) }) : "";
  return {
    words: words.join(""),
    calls: ordered.map((call) => chunk({ tool_calls: [call] })).join(""),
    end: `${ends}${totals}${quirks.has("no-done") ? "" : "data: [DONE]\n\n"}`,
  };
}

/** The same in one piece. */
export function quirkyWhole(telling: Telling): Json {
  const { turn, n, model, usage, quirks } = telling;
  const calls = textual(quirks) ? [] : (turn.calls ?? []).map((call, at) => wholeCall(call, at, telling));
  const message = { role: "assistant", ...spoken(telling), ...(calls.length === 0 ? {} : { tool_calls: calls }) };
  const choice = { index: 0, message, finish_reason: finishWord(telling) ?? "stop" };
  const counted = quirks.has("no-usage") ? {} : { usage: usageOf(usage) };
  return { id: `chatcmpl-${n}`, object: "chat.completion", created: 0, model, choices: [choice], ...counted };
}

function has(quirks: ReadonlySet<string>, quirk: string): boolean {
  return quirks.has(quirk);
}

function textual(quirks: Quirks): boolean {
  return quirks.has("calls-in-tags") || quirks.has("calls-as-functions") || quirks.has("calls-in-fences");
}

function finishWord({ turn, quirks }: Telling): string | undefined {
  if (turn.stop !== undefined) return turn.stop;
  if (quirks.has("no-finish")) return undefined;
  if (quirks.has("finish-stop") || textual(quirks)) return "stop";
  return quirks.has("finish-wrong") ? (turn.calls?.length ? "function_call" : "tool_calls") : finishOf(turn);
}

function spoken({ turn, quirks }: Telling): { content: string; reasoning?: string; reasoning_content?: string } {
  const { thinking, text = "", calls = [] } = turn;
  const tagged = thinking !== undefined && quirks.has("think-tags") ? `<think>\n${thinking}\n</think>\n\n` : "";
  const written = textual(quirks) ? calls.map((call) => writtenCall(call, quirks)) : [];
  const content = tagged + [...(text === "" ? [] : [text]), ...written].join("\n");
  if (thinking === undefined || tagged !== "") return { content };
  return { content, [quirks.has("reasoning") ? "reasoning" : "reasoning_content"]: thinking };
}

function writtenCall(call: ScriptedCall, quirks: Quirks): string {
  const json = `{"name": ${JSON.stringify(call.name)}, "arguments": ${argumentsOf(call)}}`;
  if (quirks.has("calls-in-tags")) return `<tool_call>\n${json}\n</tool_call>`;
  if (quirks.has("calls-in-fences")) return `\`\`\`json\n${json}\n\`\`\``;
  const pairs = Object.entries((call.input ?? {}) as Fields).map(([key, value]) => {
    const words = typeof value === "string" ? value : JSON.stringify(value);
    return `<parameter=${key}>\n${words}\n</parameter>\n`;
  });
  return `<tool_call>\n<function=${call.name}>\n${pairs.join("")}</function>\n</tool_call>`;
}

type Piece = { index?: number; id?: string; type?: string; function: Fields };

function deltasOf(call: ScriptedCall, at: number, telling: Telling): Piece[] {
  const { quirks } = telling;
  const pieces = piecesOf(call, quirks);
  const ids = idsOf(call, at, telling);
  return pieces.map((args, n) => {
    const name = n === 0 || quirks.has("name-in-each") ? { name: call.name } : {};
    const id = n === 0 ? ids.first : n === pieces.length - 1 ? ids.last : ids.between;
    return {
      ...indexOf(at, quirks),
      ...(id === undefined ? {} : { id }),
      ...(n === 0 ? { type: "function" } : {}),
      function: { ...name, arguments: args },
    };
  });
}

function indexOf(at: number, quirks: Quirks): { index?: number } {
  if (quirks.has("no-index")) return {};
  if (quirks.has("index-0")) return { index: 0 };
  return { index: quirks.has("index-from-1") ? at + 1 : at };
}

type Ids = { first?: string; between?: string; last?: string };

function idsOf(call: ScriptedCall, at: number, { n, quirks }: Telling): Ids {
  if (quirks.has("no-ids")) return {};
  const id = quirks.has("same-ids") ? `call_${n}` : (call.id ?? callIds(n, at));
  if (quirks.has("late-ids")) return { last: id };
  return quirks.has("ids-in-each") ? { first: id, between: id, last: id } : { first: id };
}

function piecesOf(call: ScriptedCall, quirks: Quirks): Json[] {
  const none = call.raw === undefined && Object.keys((call.input ?? {}) as Fields).length === 0;
  if (none && quirks.has("arguments-null")) return [null];
  if (none && quirks.has("arguments-empty")) return [""];
  if (quirks.has("arguments-object") && call.raw === undefined) return [call.input ?? {}];
  const text = argumentsOf(call);
  const again = quirks.has("arguments-again") ? [text] : [];
  return [...halves(writtenArguments(text, quirks)), ...again, ...(quirks.has("late-ids") ? [""] : [])];
}

function writtenArguments(text: string, quirks: Quirks): string {
  const quoted = quirks.has("arguments-quoted") ? JSON.stringify(text) : text;
  const doubled = quirks.has("arguments-doubled") ? quoted + quoted : quoted;
  return quirks.has("arguments-fenced") ? `\`\`\`json\n${doubled}\n\`\`\`` : doubled;
}

function wholeCall(call: ScriptedCall, at: number, telling: Telling): Json {
  const [first = ""] = piecesOf(call, telling.quirks);
  const id = Object.values(idsOf(call, at, telling))[0];
  const args = typeof first === "string" && first !== "" ? writtenArguments(argumentsOf(call), telling.quirks) : first;
  return { ...(id === undefined ? {} : { id }), type: "function", function: { name: call.name, arguments: args } };
}

function alternating(made: readonly Piece[][]): Piece[] {
  const most = Math.max(0, ...made.map(({ length }) => length));
  return Array.from({ length: most }, (_, n) => made.flatMap((pieces) => pieces.slice(n, n + 1))).flat();
}
