import type { Usage } from "../../core/event.js";
import type { Json } from "../../core/message.js";
import type { Quirk } from "./quirks.js";

/**
 * A call that a scripted model makes. `raw` is argument text sent as it stands, for malformed ones.
 *
 * @prop name - The tool.
 * @prop input - The arguments; none when absent.
 * @prop id - One is made when absent.
 * @prop raw - Argument text that is sent as it stands.
 * @example
 * const call: ScriptedCall = { name: "read_file", input: { path: "README.md" } };
 */
export type ScriptedCall = { name: string; input?: Json; id?: string; raw?: string };

/**
 * One answer of a scripted model, and what goes wrong with it. Times are in milliseconds.
 *
 * @example
 * const slow: Turn = { text: "Well…", delay: 500, usage: { input: 900, output: 3 } };
 */
export type Turn = {
  /** What it says. */
  text?: string;
  /** What it thinks before that. */
  thinking?: string;
  /** What it calls. */
  calls?: readonly ScriptedCall[];
  /** What it counts; four characters a token for what is absent. */
  usage?: Partial<Usage>;
  /** The wire's own word for why it stopped, in place of the one that fits the turn. */
  stop?: string;
  /** Before the first byte. */
  delay?: number;
  /** The stream stays open this long after its last content. */
  hold?: number;
  /** Bytes of each network write (of each text delta in process), down to 1. */
  chunk?: number;
  /** Between those writes. */
  pause?: number;
  /** Where the connection breaks: before any byte, after the text, after the calls, or after that many bytes. */
  cut?: "headers" | "text" | "calls" | number;
  /** An HTTP error in the provider's own shape. */
  error?: { status: number; message?: string; type?: string; headers?: Record<string, string> };
  /** An error that comes inside a stream which began well, after the text. */
  errorInStream?: { type: string; message: string };
  /** Any other body at all, such as a web page with status 200. */
  raw?: { status: number; type: string; body: string };
  /** Never answers; with "headers", sends those and then nothing. */
  silent?: true | "headers";
  /** How this answer differs from OpenAI's, beside the server's own quirks; what is refused of requests is the server's only. */
  quirks?: readonly Quirk[];
};

/**
 * What a script sees of a request, in one shape for all wires.
 *
 * @example
 * const said = ({ role, text }: SeenMessage) => `${role}: ${text}`;
 */
export type SeenMessage = {
  /** Who said it. */
  role: "user" | "assistant" | "tool";
  /** Its words. */
  text: string;
  /** What the assistant called. */
  calls: readonly { id: string; name: string; input: Json }[];
  /** The call that a tool answers. */
  callId?: string;
  /** The tool failed, where the wire can say so. */
  failed?: boolean;
};

/**
 * What a script is asked, and what a server keeps.
 *
 * @example
 * const echo = ({ n, lastText }: SeenRequest) => `${n}: ${lastText}`;
 */
export type SeenRequest = {
  /** From 0. */
  readonly n: number;
  /** How it came; `model`: without HTTP. */
  readonly wire: "openai" | "anthropic" | "model";
  /** Which model was asked for. */
  readonly model: string;
  /** The system prompt. */
  readonly system: string;
  /** The names of the tools that were offered. */
  readonly tools: readonly string[];
  /** The conversation, oldest first. */
  readonly messages: readonly SeenMessage[];
  /** The words of the newest message of the user. */
  readonly lastText: string;
  /** The texts of the results at the end of the conversation. */
  readonly results: readonly string[];
  /** As it was parsed. */
  readonly body: Json;
  /** As it came. */
  readonly raw: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** When its first bytes arrived, in milliseconds since 1970, with fractions. */
  readonly at: number;
};

type Step = string | Turn;
/**
 * An answer, or a function that makes one of the request.
 *
 * @example
 * const step: ScriptStep = ({ lastText }) => `You said: ${lastText}`;
 */
export type ScriptStep = Step | ((request: SeenRequest) => Step | Promise<Step>);
/**
 * Answers in order, or one function that answers every request.
 *
 * @example
 * const script: Script = [{ calls: [{ name: "glob", input: { pattern: "*" } }] }, ({ results }) => `I see ${results[0]}`];
 */
export type Script = readonly ScriptStep[] | ((request: SeenRequest) => Step | Promise<Step>);

/** Thrown when a script of fixed length is asked once more. */
class ScriptExhausted extends Error {}

/** The turn that a script has for a request. */
export async function turnFor(script: Script, request: SeenRequest): Promise<Turn> {
  const step = typeof script === "function" ? script : script[request.n];
  if (step === undefined)
    throw new ScriptExhausted(`The script of ${script.length} replies is exhausted at request ${request.n + 1}.`);
  const turn = typeof step === "function" ? await step(request) : step;
  return typeof turn === "string" ? { text: turn } : turn;
}

/** The argument text of a call. */
export function argumentsOf({ raw, input }: ScriptedCall): string {
  return raw ?? JSON.stringify(input ?? {});
}

/** Pieces of at most `size` units; the whole when there is no size. */
export function pieces<T extends string | Uint8Array>(
  whole: T,
  size: number | undefined,
  cut: (from: number, to: number) => T,
): T[] {
  if (size === undefined || whole.length === 0) return [whole];
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, at) => cut(at * size, (at + 1) * size));
}

/** A readings' cache: what is asked for is computed once. */
export function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Four characters a token, which is near enough for a script. */
export function usageFor(raw: string, turn: Turn): Usage {
  const output = JSON.stringify([turn.text, turn.thinking, turn.calls]).length;
  return {
    input: Math.ceil(raw.length / 4),
    output: Math.ceil(output / 4),
    cacheRead: 0,
    cacheWrite: 0,
    ...turn.usage,
  };
}
