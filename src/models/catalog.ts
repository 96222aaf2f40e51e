import type { Usage } from "../core/event.js";

/** USD per million tokens. */
export type Price = { input: number; output: number; cacheRead: number; cacheWrite: number };
/** What is known of a model: its window and output limit in tokens; no price means unknown. */
export type ModelFacts = { window: number; maxOutput: number; price?: Price };

/** The facts of a model by its name; a provider's prefix and a date at the end do not matter. */
export function lookup(name: string): ModelFacts | undefined {
  const bare = name.toLowerCase().split("/").at(-1)?.replace(/:.*$/, "") ?? "";
  return TABLE.find(([pattern]) => pattern.test(bare))?.[1];
}

/** What tokens cost in USD; undefined where the price is not known. */
export function cost(usage: Usage, model: string): number | undefined {
  const price = lookup(model)?.price;
  if (price === undefined) return undefined;
  const { input, output, cacheRead, cacheWrite } = usage;
  const sum = input * price.input + output * price.output + cacheRead * price.cacheRead + cacheWrite * price.cacheWrite;
  return sum / 1_000_000;
}

function facts(window: number, maxOutput: number, price?: Price): ModelFacts {
  return { window, maxOutput, ...(price === undefined ? {} : { price }) };
}

// where caching is automatic, writing to it costs what input costs
function openaiPrice(input: number, cacheRead: number, output: number): Price {
  return { input, output, cacheRead, cacheWrite: input };
}

// five-minute cache: writing costs 1.25 times, reading a tenth of input
function claudePrice(input: number, output: number): Price {
  return { input, output, cacheRead: input / 10, cacheWrite: input * 1.25 };
}

// list prices of the makers' own endpoints; the first pattern that fits counts
const TABLE: readonly (readonly [RegExp, ModelFacts])[] = [
  [/^gpt-4o-mini/, facts(128_000, 16_384, openaiPrice(0.15, 0.075, 0.6))],
  [/^gpt-4o/, facts(128_000, 16_384, openaiPrice(2.5, 1.25, 10))],
  [/^gpt-4\.1-nano/, facts(1_047_576, 32_768, openaiPrice(0.1, 0.025, 0.4))],
  [/^gpt-4\.1-mini/, facts(1_047_576, 32_768, openaiPrice(0.4, 0.1, 1.6))],
  [/^gpt-4\.1/, facts(1_047_576, 32_768, openaiPrice(2, 0.5, 8))],
  [/^gpt-5(\.1)?-nano/, facts(400_000, 128_000, openaiPrice(0.05, 0.005, 0.4))],
  [/^gpt-5(\.1)?(-codex)?-mini/, facts(400_000, 128_000, openaiPrice(0.25, 0.025, 2))],
  [/^gpt-5(\.1)?(-codex|-20\d\d-.*)?$/, facts(400_000, 128_000, openaiPrice(1.25, 0.125, 10))],
  [/^gpt-5/, facts(400_000, 128_000)],
  [/^o3-mini|^o4-mini/, facts(200_000, 100_000, openaiPrice(1.1, 0.275, 4.4))],
  [/^o3(-20.*)?$/, facts(200_000, 100_000, openaiPrice(2, 0.5, 8))],
  [/^claude-(opus-4-5|4-5-opus|opus-4\.5)/, facts(200_000, 64_000, claudePrice(5, 25))],
  [/^claude-(opus-4|4-opus)/, facts(200_000, 32_000, claudePrice(15, 75))],
  [/^claude-(sonnet-4|4-sonnet|3-7-sonnet)/, facts(200_000, 64_000, claudePrice(3, 15))],
  [/^claude-(haiku-4-5|haiku-4\.5)/, facts(200_000, 64_000, claudePrice(1, 5))],
  [/^claude-3-5-haiku/, facts(200_000, 8192, claudePrice(0.8, 4))],
  [/^claude-3-5-sonnet/, facts(200_000, 8192, claudePrice(3, 15))],
  [/^claude/, facts(200_000, 32_000)],
  [/^deepseek-(chat|reasoner)/, facts(128_000, 8192, openaiPrice(0.28, 0.028, 0.42))],
  [/^deepseek/, facts(128_000, 8192)],
  [/^kimi-k2/, facts(256_000, 32_768)],
  [/^qwen3-coder/, facts(256_000, 65_536)],
  [/^glm-4\.[67]/, facts(200_000, 128_000)],
  [/^glm-4\.5/, facts(128_000, 96_000)],
  [/^gemini-2\.5/, facts(1_048_576, 65_536)],
];
