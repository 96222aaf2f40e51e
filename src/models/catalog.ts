import type { Event, Usage } from "../core/event.js";

/** USD per million tokens. */
export type Price = { input: number; output: number; cacheRead: number; cacheWrite: number };
/** What is known of a model: its window and output limit in tokens; no price means unknown. */
export type ModelFacts = { window: number; maxOutput: number; price?: Price };

/**
 * The facts of a model by its name; a provider's prefix and a date at the end do not matter. A router's variant
 * (`:free`, `:nitro`) has its own price, which is not known; any other `:tag` is a local model, whose window is
 * the server's to choose.
 */
export function lookup(name: string): ModelFacts | undefined {
  const [bare = "", tag] = (name.toLowerCase().split("/").at(-1) ?? "").split(":");
  const found = TABLE.find(([pattern]) => pattern.test(bare))?.[1];
  if (found === undefined || tag === undefined) return found;
  return VARIANTS.includes(tag) ? { window: found.window, maxOutput: found.maxOutput } : undefined;
}

const VARIANTS = ["free", "nitro", "floor", "exacto", "online", "beta", "thinking", "extended"];

/** What tokens cost in USD; undefined where the price is not known. */
export function cost(usage: Usage, model: string): number | undefined {
  const price = lookup(model)?.price;
  if (price === undefined) return undefined;
  const { input, output, cacheRead, cacheWrite } = usage;
  const sum = input * price.input + output * price.output + cacheRead * price.cacheRead + cacheWrite * price.cacheWrite;
  return sum / 1_000_000;
}

/** What all answers of these events cost in USD; undefined where the price of one is not known. */
export function costOf(events: readonly Event[]): number | undefined {
  const paid = events.filter((event) => event.type === "reply" || event.type === "spent");
  const costs = paid.map((event) => cost(event.usage, event.model));
  return costs.some((each) => each === undefined)
    ? undefined
    : costs.reduce((sum: number, each) => sum + (each ?? 0), 0);
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

const DATED = "(-latest|[-@]?20\\d\\d.*)?$";
const named = (pattern: string) => new RegExp(`^${pattern}${DATED}`);

// list prices of the makers' own endpoints; none where it depends on the hour or on the length of the request
const TABLE: readonly (readonly [RegExp, ModelFacts])[] = [
  [named("gpt-4o-mini"), facts(128_000, 16_384, openaiPrice(0.15, 0.075, 0.6))],
  [/^gpt-4o-2024-05-13/, facts(128_000, 4096)],
  [named("gpt-4o"), facts(128_000, 16_384, openaiPrice(2.5, 1.25, 10))],
  [named("gpt-4\\.1-nano"), facts(1_047_576, 32_768, openaiPrice(0.1, 0.025, 0.4))],
  [named("gpt-4\\.1-mini"), facts(1_047_576, 32_768, openaiPrice(0.4, 0.1, 1.6))],
  [named("gpt-4\\.1"), facts(1_047_576, 32_768, openaiPrice(2, 0.5, 8))],
  [named("gpt-5-nano"), facts(400_000, 128_000, openaiPrice(0.05, 0.005, 0.4))],
  [named("gpt-5(\\.1-codex)?-mini"), facts(400_000, 128_000, openaiPrice(0.25, 0.025, 2))],
  [named("gpt-5(\\.1)?(-codex)?"), facts(400_000, 128_000, openaiPrice(1.25, 0.125, 10))],
  [named("gpt-5\\.2"), facts(400_000, 128_000, openaiPrice(1.75, 0.175, 14))],
  [/^gpt-5(\.\d)?-chat/, facts(128_000, 16_384)],
  [named("gpt-5\\.[45]"), facts(1_050_000, 128_000)],
  [/^gpt-5/, facts(400_000, 128_000)],
  [named("o4-mini"), facts(200_000, 100_000, openaiPrice(1.1, 0.275, 4.4))],
  [named("o3-mini"), facts(200_000, 100_000, openaiPrice(1.1, 0.55, 4.4))],
  [named("o3"), facts(200_000, 100_000, openaiPrice(2, 0.5, 8))],
  [named("claude-3[-.]5-haiku"), facts(200_000, 8192, claudePrice(0.8, 4))],
  [named("claude-3[-.]5-sonnet"), facts(200_000, 8192, claudePrice(3, 15))],
  [named("claude-3[-.]7-sonnet"), facts(200_000, 64_000, claudePrice(3, 15))],
  [/^claude-3-/, facts(200_000, 4096)],
  [named("claude-haiku-4[-.]5"), facts(200_000, 64_000, claudePrice(1, 5))],
  [named("claude-sonnet-4([-.][05])?"), facts(200_000, 64_000, claudePrice(3, 15))],
  [named("claude-sonnet-4[-.]6"), facts(1_000_000, 128_000, claudePrice(3, 15))],
  [named("claude-opus-4([-.][01])?"), facts(200_000, 32_000, claudePrice(15, 75))],
  [named("claude-opus-4[-.]5"), facts(200_000, 64_000, claudePrice(5, 25))],
  [named("claude-opus-(4[-.][68]|5)"), facts(1_000_000, 128_000, claudePrice(5, 25))],
  [named("claude-opus-5[-.]5"), facts(1_000_000, 128_000, claudePrice(4, 20))],
  [named("claude-sonnet-5[-.]5"), facts(1_000_000, 128_000, claudePrice(2, 10))],
  [named("claude-haiku-5[-.]5"), facts(1_000_000, 128_000)],
  [/^claude-/, facts(200_000, 32_000)],
  [/^deepseek-(flash|v4)/, facts(1_000_000, 384_000)],
  [/^deepseek-(chat|reasoner)/, facts(128_000, 8192)],
  [/^kimi-k2(-0711.*|-instruct)?$/, facts(131_072, 32_768)],
  [/^kimi-k2/, facts(262_144, 32_768)],
  [/^qwen3-coder/, facts(262_144, 65_536)],
  [/^glm-4\.[67]/, facts(200_000, 128_000)],
  [/^glm-4\.5/, facts(128_000, 96_000)],
  [/^gemini-2\.5/, facts(1_048_576, 65_536)],
];
