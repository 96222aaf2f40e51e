import type { Manner } from "./openai-render.js";

/** What an endpoint was found to take. */
export type Dialect = Manner & {
  usage: boolean;
  temperature: boolean;
  limit: "max_tokens" | "max_completion_tokens";
  /** The other name of the limit was refused. */
  limitTried: boolean;
};

/** What is likely before anything was asked. */
export function dialectOf(url: URL, model: string): Dialect {
  const newer = url.hostname === "api.openai.com" || /^(o\d|gpt-5)/.test(model.split("/").at(-1) ?? "");
  const limit = newer ? "max_completion_tokens" : "max_tokens";
  return { usage: true, temperature: true, limit, limitTried: false, thinking: "calls", system: "system" };
}
