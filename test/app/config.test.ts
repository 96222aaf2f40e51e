import { mkdtempSync, realpathSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/app/config.js";
import type { Environment, Flags } from "../../src/app/input.js";
import { surroundings, systemPrompt } from "../../src/app/prompt.js";
import { proxyFor } from "../../src/app/proxy.js";

const cwd = realpathSync(mkdtempSync(join(tmpdir(), "config-")));
const config = (env: Environment = {}, flags: Flags = {}) => readConfig(flags, { env, cwd, homedir: "/home/u" });

describe("the choice of a model", () => {
  it.each<[Environment, Flags, object]>([
    [
      { OPENAI_API_KEY: "k" },
      {},
      { provider: "openai", baseUrl: "https://api.openai.com/v1", apiKey: "k", keyFrom: "OPENAI_API_KEY" },
    ],
    [
      { ANTHROPIC_API_KEY: "k" },
      {},
      { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: "https://api.anthropic.com", apiKey: "k" },
    ],
    [{ ANTHROPIC_AUTH_TOKEN: "t" }, {}, { provider: "anthropic", authToken: "t" }],
    [{ ANTHROPIC_AUTH_TOKEN: "t", ANTHROPIC_API_KEY: "k" }, {}, { apiKey: "k" }],
    [
      { DEEPSEEK_API_KEY: "d" },
      {},
      { provider: "openai", model: "deepseek-flash", baseUrl: "https://api.deepseek.com/v1", apiKey: "d" },
    ],
    [
      { OPENAI_API_KEY: "o", DEEPSEEK_API_KEY: "d" },
      { model: "deepseek-reasoner" },
      { baseUrl: "https://api.deepseek.com/v1", apiKey: "d" },
    ],
    [
      { OPENAI_API_KEY: "o", DEEPSEEK_API_KEY: "d" },
      { model: "gpt-4o" },
      { baseUrl: "https://api.openai.com/v1", apiKey: "o" },
    ],
    [
      { OPENAI_API_KEY: "o", DEEPSEEK_API_KEY: "d", OPENAI_BASE_URL: "http://x/v1" },
      {},
      { baseUrl: "http://x/v1", apiKey: "o" },
    ],
    [
      { OPENAI_API_KEY: "o", ANTHROPIC_API_KEY: "a" },
      { model: "claude-opus-4-5" },
      { provider: "anthropic", apiKey: "a" },
    ],
    [{ OPENAI_API_KEY: "o", ANTHROPIC_API_KEY: "a" }, { model: "gpt-5" }, { provider: "openai", apiKey: "o" }],
    [
      { OPENAI_API_KEY: "o", ANTHROPIC_API_KEY: "a" },
      { provider: "anthropic", model: "kimi" },
      { provider: "anthropic", model: "kimi" },
    ],
    [
      { OPENAI_BASE_URL: "http://localhost:1/v1", NANOCODER_MODEL: "qwen" },
      {},
      { provider: "openai", model: "qwen", apiKey: "none" },
    ],
    [
      { NANOCODER_API_KEY: "n", OPENAI_API_KEY: "o", NANOCODER_BASE_URL: "http://n" },
      {},
      { apiKey: "n", baseUrl: "http://n", keyFrom: "NANOCODER_API_KEY" },
    ],
    [
      { OPENAI_API_KEY: "o", NANOCODER_MODEL: "a" },
      { model: "b", apiKey: "f", baseUrl: "http://f" },
      { model: "b", apiKey: "f", baseUrl: "http://f" },
    ],
  ])("%j %j", async (env, flags, choice) => {
    expect((await config(env, flags)).choice).toMatchObject(choice);
  });

  it("is none without key and address; a blank variable is none", async () => {
    expect((await config({})).choice).toBeUndefined();
    expect((await config({ OPENAI_API_KEY: " " })).choice).toBeUndefined();
  });

  it("goes through the proxy that the environment names, but not for this machine or what NO_PROXY lists", async () => {
    const env = { HTTPS_PROXY: "http://p:1", http_proxy: "http://q:2", NO_PROXY: "in.example,.corp" };
    expect(proxyFor(new URL("https://api.openai.com"), env)).toBe("http://p:1");
    expect(proxyFor(new URL("http://x.example"), env)).toBe("http://q:2");
    for (const host of ["in.example", "a.in.example", "b.corp", "localhost", "127.0.0.1"])
      expect(proxyFor(new URL(`https://${host}`), env)).toBeUndefined();
    expect((await config({ OPENAI_API_KEY: "k", HTTPS_PROXY: "http://p:1" })).choice?.proxy).toBe("http://p:1");
  });
});

describe("the rest of the configuration", () => {
  it("reads numbers, durations and lists, and names what is wrong", async () => {
    const read = await config(
      { NANOCODER_MAX_TOKENS: "100", NANOCODER_TEMPERATURE: "0.5", NANOCODER_MAX_CONTEXT: "9000" },
      { maxTurns: "3", timeout: "1.5m", tools: "bash, glob" },
    );
    expect(read).toMatchObject({
      maxOutput: 100,
      temperature: 0.5,
      window: 9000,
      maxTurns: 3,
      timeout: 90_000,
      tools: ["bash", "glob"],
      mode: "default",
    });
    await expect(config({ NANOCODER_MAX_TOKENS: "many" })).rejects.toThrow("NANOCODER_MAX_TOKENS");
    await expect(config({ NANOCODER_TEMPERATURE: "hot" })).rejects.toThrow("NANOCODER_TEMPERATURE");
    await expect(config({}, { timeout: "999h" })).rejects.toThrow("--timeout");
    await expect(config({}, { timeout: "0" })).rejects.toThrow("--timeout");
  });

  it("keeps the keys of providers from child processes", async () => {
    const secret = {
      OPENAI_API_KEY: "1",
      ANTHROPIC_API_KEY: "2",
      ANTHROPIC_AUTH_TOKEN: "3",
      DEEPSEEK_API_KEY: "4",
      NANOCODER_API_KEY: "5",
      NANOCODER_GATEWAY_MODELS: "a:strong:http://h/v1:6",
    };
    expect((await config({ ...secret, PATH: "/bin" })).childEnv).toEqual({ PATH: "/bin" });
  });

  it("keeps its home where NANOCODER_HOME says, else in the user's", async () => {
    expect((await config({})).home).toBe("/home/u/.nanocoder");
    expect((await config({ NANOCODER_HOME: "/n" })).home).toBe("/n");
  });

  it("works in the real folder behind a link", async () => {
    symlinkSync(cwd, join(cwd, "link"));
    expect((await config({}, { cwd: "link" })).cwd).toBe(cwd);
  });
});

describe("the system prompt", () => {
  const around = { cwd: "/w", os: "linux x64", shell: "/bin/bash", branch: "main", date: "2026-01-02" };

  it("stays under 3 kB and ends in what changes", async () => {
    const prompt = systemPrompt({ around, tools: ["grep", "glob", "edit_file", "bash"] });
    expect(Buffer.byteLength(prompt)).toBeLessThan(3000);
    expect(prompt.trimEnd().endsWith("- Git branch: main\n- Date: 2026-01-02")).toBe(true);
  });

  it("reads branch and day of where it is", async () => {
    const here = surroundings(process.cwd(), "/bin/sh", new Date(2026, 0, 2, 23, 59));
    expect(here).toMatchObject({ date: "2026-01-02", shell: "/bin/sh" });
    expect(surroundings(cwd, "/bin/sh").branch).toBeUndefined();
  });
});
