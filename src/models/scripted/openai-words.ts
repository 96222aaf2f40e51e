import type { Json } from "../../core/message.js";
import type { Turn } from "./script.js";
import type { Telling } from "./side.js";

/** Two deltas, so that no reader gets used to one. */
export function halves(text: string): string[] {
  if (text.length < 8) return [text];
  const middle = text.length >> 1;
  const at = /[\udc00-\udfff]/.test(text[middle] ?? "") ? middle + 1 : middle;
  return [text.slice(0, at), text.slice(at)];
}

/** The id of a call that the script gives none. */
export function callIds(n: number, at: number): string {
  return `call_${n}_${at}`;
}

export function finishOf({ stop, calls = [] }: Turn): string {
  return stop ?? (calls.length > 0 ? "tool_calls" : "stop");
}

export function usageOf({ input, output, cacheRead }: Telling["usage"]): Json {
  const prompt = input + cacheRead;
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: cacheRead },
  };
}
