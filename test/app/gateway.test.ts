import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/app/config.js";
import { gatewayEntry } from "../../src/app/gateway-entry.js";
import type { Environment, Flags } from "../../src/app/input.js";
import { modelsOf } from "../../src/app/models.js";
import { UsageError } from "../../src/app/usage-error.js";

const fresh = () => realpathSync(mkdtempSync(join(tmpdir(), "gateway-")));

function settled(user?: unknown, project?: unknown): { home: string; cwd: string } {
  const place = { home: fresh(), cwd: fresh() };
  const put = (folder: string, settings: unknown) => {
    if (settings === undefined) return;
    mkdirSync(join(folder, ".nanocoder"));
    writeFileSync(join(folder, ".nanocoder/settings.json"), JSON.stringify(settings));
  };
  put(place.home, user);
  put(place.cwd, project);
  return place;
}

const config = (env: Environment, flags: Flags = {}, { home, cwd } = settled()) =>
  readConfig(flags, { env, cwd, homedir: home, policy: "/does/not/exist" });
const listed = async (models: string, more: Environment = {}) =>
  (await config({ NANOCODER_GATEWAY_MODELS: models, ...more })).gateway?.models;

const STRONG = { name: "set", tier: "strong", baseUrl: "https://set.example/v1", apiKey: "key-of-settings" } as const;

describe("NANOCODER_GATEWAY_MODELS", () => {
  it.each<[string, object]>([
    [
      "a:strong:https://h.example/v1:key",
      { model: "a", tier: "strong", baseUrl: "https://h.example/v1", apiKey: "key" },
    ],
    ["a:fast:http://h:8080/v1:key", { baseUrl: "http://h:8080/v1", apiKey: "key" }],
    ["a:fast:http://h:8080:key", { baseUrl: "http://h:8080", apiKey: "key" }],
    ["a:fast:http://h:key", { baseUrl: "http://h", apiKey: "key" }],
    ["a:fast:http://[::1]:8080/v1:key", { baseUrl: "http://[::1]:8080/v1", apiKey: "key" }],
    ["a:fast:http://[2001:db8::1]/v1:key", { baseUrl: "http://[2001:db8::1]/v1", apiKey: "key" }],
    ["a:cheap:http://localhost:11434/v1:", { baseUrl: "http://localhost:11434/v1", apiKey: "none" }],
    ["a:cheap:http://localhost:11434/v1", { baseUrl: "http://localhost:11434/v1", apiKey: "none" }],
    ["a:cheap:http://localhost:11434", { baseUrl: "http://localhost:11434", apiKey: "none" }],
    ["qwen/qwen3:8b:cheap:http://h/v1:k", { model: "qwen/qwen3:8b", tier: "cheap", baseUrl: "http://h/v1" }],
    ["my:fast:one:strong:http://h/v1:k", { model: "my:fast:one", tier: "strong" }],
    ["a:strong:https://h/v1:id:secret/with=both", { baseUrl: "https://h/v1", apiKey: "id:secret/with=both" }],
    [" a : strong : http://h/v1 : k ", { model: "a", tier: "strong" }],
    ["a:strong:HTTPS://h/v1:k", { baseUrl: "HTTPS://h/v1" }],
    ["a:strong:https://api.anthropic.com:k", { provider: "anthropic" }],
    ["a:strong:https://h/anthropic:k", { provider: "anthropic" }],
    ["claude-x:strong:https://h/v1:k", { provider: "openai" }],
  ])("%s", async (entry, model) => {
    expect(await listed(entry)).toMatchObject([model]);
  });

  it("holds several, in order; blanks between commas are nothing; a blank variable is none", async () => {
    const models = await listed("a:strong:http://h:1/v1:k1,, b:strong:http://h:2/v1: ,c:cheap:http://[::1]:3:k3,");
    expect(models?.map(({ model, apiKey }) => [model, apiKey])).toEqual([
      ["a", "k1"],
      ["b", "none"],
      ["c", "k3"],
    ]);
    expect(await listed(" ")).toBeUndefined();
  });

  it.each([
    ["a:strong", "entry 1 of 1: it is not written as it must be. Write name:tier:base_url:api_key"],
    ["a:strong:http://h,sk-secret", "entry 2 of 2: it is not"],
    ["a:strong:ftp://h:k", "entry 1 of 1: it is not"],
    ["a:strong:http://me:secret@h/v1:k", "entry 1 of 1: it is not"],
    ["a:strnog:http://h:sk-secret", 'entry 1 of 1 (a): there is no tier "strnog". Did you mean strong?'],
    ["a::http://h:sk-secret", 'there is no tier "". Choose strong, fast or cheap.'],
    ["b:fast:http://h:k,a:strong:http://h:99999/v1:sk-secret", 'entry 2 of 2 (a): the base URL "http://h:99999/v1"'],
    [",", "holds no entry"],
  ])("%s is one clear error without the key", async (models, words) => {
    const error = await listed(models).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(words);
    expect(String(error)).not.toContain("secret");
  });

  it("gives back what any name, address and key were written as", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9./:_-]{0,12}[a-z0-9]$/).filter((text) => !/:(\w*):?$|http/.test(text));
    const host = fc.constantFrom("h.example", "127.0.0.1", "[::1]", "[2001:db8::2]");
    const port = fc.option(fc.integer({ min: 1, max: 65_535 }));
    const path = fc.constantFrom("", "/", "/v1", "/api/anthropic");
    const key = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9:/=_-]{0,20}$/);
    fc.assert(
      fc.property(fc.record({ name, host, port, path, key }), ({ name, host, port, path, key }) => {
        const baseUrl = `https://${host}${port === null ? "" : `:${port}`}${path}`;
        expect(gatewayEntry(`${name}:fast:${baseUrl}:${key}`)).toEqual({ name, tier: "fast", baseUrl, apiKey: key });
      }),
    );
  });

  it("goes through the proxy of the environment, and its keys are known as keys", async () => {
    const env = { NANOCODER_GATEWAY_MODELS: "a:strong:https://h/v1:slash/and:colon", HTTPS_PROXY: "http://p:1" };
    const read = await config(env);
    expect(read.gateway?.models).toMatchObject([
      { proxy: "http://p:1", keyFrom: "NANOCODER_GATEWAY_MODELS, entry 1 of 1 (a)" },
    ]);
    expect(read.keys).toContain("slash/and:colon");
    expect(read.childEnv).not.toHaveProperty("NANOCODER_GATEWAY_MODELS");
  });
});

describe("the gateway of settings.json", () => {
  it("has models and roles; its keys are known as keys; the environment comes first", async () => {
    const models = [
      { ...STRONG, window: 5000 },
      { ...STRONG, name: "b", tier: "cheap", provider: "anthropic" },
    ];
    const place = settled({ gateway: { models, roles: { work: "cheap" } } });
    const read = await config({}, {}, place);
    expect(read.gateway).toMatchObject({
      models: [
        { model: "set", window: 5000, apiKey: "key-of-settings", provider: "openai" },
        { model: "b", provider: "anthropic" },
      ],
      roles: { work: "cheap" },
      work: { by: "role" },
    });
    expect(read.keys).toContain("key-of-settings");
    const both = await config({ NANOCODER_GATEWAY_MODELS: "e:fast:http://h/v1" }, {}, place);
    expect(both.gateway).toMatchObject({ models: [{ model: "e" }], roles: { work: "cheap" } });
  });

  it.each([
    [{ models: [{ name: "a", tier: "strong" }] }, '"gateway.models.0" wants a "baseUrl"'],
    [{ models: [{ ...STRONG, tier: "huge" }] }, '"gateway.models.0.tier" wants one of strong, fast, cheap'],
    [{ models: [{ ...STRONG, key: "x" }] }, 'there is no setting "gateway.models.0.key"'],
    [{ models: [{ ...STRONG, baseUrl: "h/v1" }] }, 'gateway.models[0] (set) of settings.json: the base URL "h/v1"'],
    [
      { models: [STRONG], roles: { worker: "fast" } },
      'there is no setting "gateway.roles.worker". Did you mean "work"?',
    ],
  ])("%j is one clear error", async (gateway, words) => {
    await expect(config({}, {}, settled({ gateway }))).rejects.toThrow(words);
  });

  it("never takes models from a project, only roles, and those when it is trusted", async () => {
    const evil = { ...STRONG, name: "evil", baseUrl: "https://evil.example/v1" };
    const project = { gateway: { models: [evil], roles: { title: "fast" } } };
    const place = settled({ gateway: { models: [STRONG] } }, project);
    const distrusted = await config({}, {}, place);
    expect(distrusted.gateway).toMatchObject({ models: [{ model: "set" }], roles: {} });
    const trusted = await config({}, { trust: true }, place);
    expect(trusted.gateway?.models.map(({ model }) => model)).toEqual(["set"]);
    expect(trusted.gateway?.roles).toEqual({ title: "fast" });
    expect(trusted.notices.join()).toContain("a project may not set gateway.models");
    expect((await config({}, { trust: true }, settled(undefined, project))).gateway).toBeUndefined();
  });
});

describe("who works", () => {
  const env = {
    NANOCODER_GATEWAY_MODELS: "gpt-5:strong:http://a/v1:k,gpt-4o:cheap:http://b/v1:k",
    OPENAI_API_KEY: "o",
  };
  const ids = async (flags: Flags, more: Environment = env) => {
    const models = await modelsOf(await config(more, flags), () => undefined);
    return (["work", "plan", "title", "judge"] as const).map((role) => models.modelFor(role).id);
  };

  it("is the role's model, the one that -m names, or the one of the flags", async () => {
    expect(await ids({})).toEqual(["gpt-5", "gpt-5", "gpt-4o", "gpt-5"]);
    expect(await ids({ model: "gpt-4o" })).toEqual(["gpt-4o", "gpt-4o", "gpt-4o", "gpt-5"]);
    expect(await ids({ model: "o3" })).toEqual(["o3", "o3", "gpt-4o", "gpt-5"]);
    expect(await ids({ model: "gpt-4o", baseUrl: "http://c/v1" })).toEqual(["gpt-4o", "gpt-4o", "gpt-4o", "gpt-5"]);
    expect((await config(env, { model: "gpt-4o", baseUrl: "http://c/v1" })).choice?.baseUrl).toBe("http://c/v1");
    expect(await ids({}, { OPENAI_API_KEY: "o" })).toEqual(["gpt-5", "gpt-5", "gpt-5", "gpt-5"]);
  });

  it("is nobody for a name that nobody has and no key for another", async () => {
    const alone = { NANOCODER_GATEWAY_MODELS: env.NANOCODER_GATEWAY_MODELS };
    await expect(config(alone, { model: "gpt5" })).rejects.toThrow(
      /-m gpt5: the gateway has no such model.*gpt-5, gpt-4o/,
    );
  });

  it("must have a price, each of them, where the cost is limited; what is unknown is told", async () => {
    const models = `${env.NANOCODER_GATEWAY_MODELS},llama:cheap:http://c/v1`;
    const notices: string[] = [];
    await modelsOf(await config({ NANOCODER_GATEWAY_MODELS: models }), (line) => notices.push(line));
    expect(notices).toEqual([expect.stringContaining("llama is not in the catalogue")]);
    const limited = await config({ NANOCODER_GATEWAY_MODELS: models }, { maxCost: "1" });
    await expect(modelsOf(limited, () => undefined)).rejects.toThrow("the price of llama is not known");
  });

  it("takes the window of the environment where a model has none of its own", async () => {
    const place = settled({ gateway: { models: [STRONG, { ...STRONG, tier: "cheap", name: "b", window: 7000 }] } });
    const models = await modelsOf(await config({ NANOCODER_MAX_CONTEXT: "9000" }, {}, place), () => undefined);
    expect([models.modelFor("work").window, models.modelFor("title").window]).toEqual([9000, 7000]);
  });
});
