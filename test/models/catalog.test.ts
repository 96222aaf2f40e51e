import { describe, expect, it } from "vitest";
import { cost, lookup } from "../../src/models/catalog.js";

const USAGE = { input: 1_000_000, output: 1_000_000, cacheRead: 1_000_000, cacheWrite: 1_000_000 };

describe("the catalogue", () => {
  it.each([
    ["gpt-4o", 128_000, 16_384],
    ["gpt-4.1-mini", 1_047_576, 32_768],
    ["gpt-5", 400_000, 128_000],
    ["gpt-5-chat-latest", 128_000, 16_384],
    ["o4-mini-2025-04-16", 200_000, 100_000],
    ["claude-sonnet-4-5-20250929", 200_000, 64_000],
    ["claude-sonnet-4-5@20250929", 200_000, 64_000],
    ["claude-opus-4-20250514", 200_000, 32_000],
    ["claude-opus-4-6", 1_000_000, 128_000],
    ["claude-3-5-haiku-latest", 200_000, 8192],
    ["claude-3-opus-20240229", 200_000, 4096],
    ["claude-of-tomorrow", 200_000, 32_000],
    ["openrouter/anthropic/claude-sonnet-4.5", 200_000, 64_000],
    ["Qwen/Qwen3-Coder-480B-A35B-Instruct", 262_144, 65_536],
    ["moonshotai/kimi-k2:free", 131_072, 32_768],
    ["glm-4.6", 200_000, 128_000],
    ["gemini-2.5-pro", 1_048_576, 65_536],
  ])("knows %s", (name, window, maxOutput) => {
    expect(lookup(name)).toMatchObject({ window, maxOutput });
  });

  it.each(["llama3.1", "qwen3-coder:30b", "deepseek-r1:8b", "scripted", "", "my-gpt-5"])("does not know %j", (name) => {
    expect(lookup(name)).toBeUndefined();
  });

  it("counts what each kind of token costs", () => {
    expect(cost(USAGE, "claude-sonnet-4-5")).toBeCloseTo(3 + 15 + 0.3 + 3.75);
    expect(cost(USAGE, "anthropic/claude-opus-4.1")).toBeCloseTo(15 + 75 + 1.5 + 18.75);
    expect(cost(USAGE, "claude-opus-4-5")).toBeCloseTo(5 + 25 + 0.5 + 6.25);
    expect(cost({ ...USAGE, cacheWrite: 0 }, "gpt-5-2025-08-07")).toBeCloseTo(1.25 + 10 + 0.125);
    expect(cost({ ...USAGE, cacheWrite: 0 }, "gpt-4o-mini")).toBeCloseTo(0.15 + 0.6 + 0.075);
  });

  it.each([
    "claude-of-tomorrow",
    "gpt-5-pro",
    "gpt-5.4",
    "deepseek-chat",
    "gemini-2.5-pro",
    "openai/gpt-5:nitro",
    "llama3.1",
  ])("guesses no price for %s", (name) => {
    expect(cost(USAGE, name)).toBeUndefined();
  });
});
