import type { Json } from "../../core/message.js";
import { type Fields, isFields, Refused } from "./check.js";

/**
 * A way in which compatible endpoints differ from OpenAI's. Those of calls, of thinking, of ends and of usage are the OpenAI side's only.
 *
 * @example
 * const quirks: Quirk[] = ["no-ids", "calls-in-tags"];
 */
export type Quirk =
  /** Calls have no id; it comes in the last delta only; all calls have the same; each delta repeats it. */
  | "no-ids"
  | "late-ids"
  | "same-ids"
  | "ids-in-each"
  /** Calls have no index; it counts from 1; all have index 0. */
  | "no-index"
  | "index-from-1"
  | "index-0"
  /** Arguments are an object in place of text; where there are none, empty text, or null. */
  | "arguments-object"
  | "arguments-empty"
  | "arguments-null"
  /** Arguments come twice in a row; whole once more in a last delta; in a code fence; as JSON text inside a JSON string. */
  | "arguments-doubled"
  | "arguments-again"
  | "arguments-fenced"
  | "arguments-quoted"
  /** Each delta repeats the function's name; the deltas of two calls alternate. */
  | "name-in-each"
  | "interleaved"
  /** Calls stand in the content: as Hermes and Qwen write them, as Qwen's coder does, as a fenced JSON block. */
  | "calls-in-tags"
  | "calls-as-functions"
  | "calls-in-fences"
  /** The finish reason is "stop" after calls too; is never told; is one that does not fit. */
  | "finish-stop"
  | "no-finish"
  | "finish-wrong"
  /** Usage is never told; is told in the last choice; is told so far with each chunk. */
  | "no-usage"
  | "usage-in-choice"
  | "usage-in-each"
  /** Thinking stands in `reasoning`, or in the content between `<think>` tags. */
  | "reasoning"
  | "think-tags"
  /** Turns with calls must carry `reasoning_content`; no message may. */
  | "wants-reasoning-back"
  | "refuses-reasoning-back"
  /** Comments between the events; lines that end in CRLF; a byte at a time; no `[DONE]` in the end. */
  | "comments"
  | "crlf"
  | "split"
  | "no-done"
  /** With status 200: an error in the stream after the words, a web page, or JSON in one piece in place of a stream. */
  | "error-in-stream"
  | "html"
  | "plain-json"
  /** Refuses a field with 400, or wants it by its other name. */
  | "refuses-stream-options"
  | "refuses-temperature"
  | "refuses-tool-choice"
  | "refuses-parallel-tool-calls"
  | "refuses-tools"
  | "wants-max-tokens"
  | "wants-max-completion-tokens"
  /** Takes the system text from the user only, or from the developer only. */
  | "refuses-system"
  | "wants-developer";

export type Quirks = ReadonlySet<Quirk>;

/** Refuses what an endpoint with these quirks refuses. */
export function refuseQuirks(body: Json, quirks: Quirks): void {
  if (!isFields(body)) return;
  for (const { quirk, refuses, words } of REFUSED)
    if (quirks.has(quirk) && refuses(body)) throw new Refused(words(body));
}

type Refusing = { quirk: Quirk; refuses: (body: Fields) => boolean; words: (body: Fields) => string };

const field = (quirk: Quirk, name: string, words = `Unrecognized request argument supplied: ${name}`): Refusing => ({
  quirk,
  refuses: (body) => body[name] !== undefined,
  words: () => words,
});
const role = (quirk: Quirk, refused: readonly string[], words: string): Refusing => ({
  quirk,
  refuses: (body) => messagesIn(body).some((message) => refused.includes(String(message.role))),
  words: () => words,
});

// in the words of the endpoints that do so
const REFUSED: readonly Refusing[] = [
  field("refuses-stream-options", "stream_options"),
  field("refuses-temperature", "temperature", "Unsupported value: 'temperature' does not support 0.5 with this model."),
  field("refuses-tool-choice", "tool_choice", "deepseek-reasoner does not support this tool_choice"),
  field("refuses-parallel-tool-calls", "parallel_tool_calls"),
  {
    quirk: "refuses-tools",
    refuses: (body) => body.tools !== undefined,
    words: (body) => `registry.ollama.ai/library/${String(body.model)} does not support tools`,
  },
  field(
    "wants-max-completion-tokens",
    "max_tokens",
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  ),
  field("wants-max-tokens", "max_completion_tokens", "Extra inputs are not permitted: max_completion_tokens"),
  role("refuses-system", ["system", "developer"], "System role not supported"),
  role(
    "wants-developer",
    ["system"],
    "Unsupported value: 'messages[0].role' does not support 'system' with this model. Use 'developer' instead.",
  ),
  {
    quirk: "wants-reasoning-back",
    refuses: (body) => messagesIn(body).some((each) => each.tool_calls && typeof each.reasoning_content !== "string"),
    words: () => "The `reasoning_content` in the thinking mode must be passed back to the API.",
  },
  {
    quirk: "refuses-reasoning-back",
    refuses: (body) => messagesIn(body).some((each) => each.reasoning_content !== undefined),
    words: () => "property 'reasoning_content' is unsupported",
  },
];

function messagesIn({ messages }: Fields): Fields[] {
  return (Array.isArray(messages) ? messages : []).filter(isFields);
}

/** An event stream as an endpoint with these quirks writes it. */
export function dressed(text: string, quirks: Quirks): string {
  const noted = quirks.has("comments") ? text.replace(/(?<=\n\n|^)(?=.)/g, ": keep-alive\n\n") : text;
  return quirks.has("crlf") ? noted.replaceAll("\n", "\r\n") : noted;
}
