import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { modelServer } from "../../src/models/scripted/server.js";
import { MAIN, nanocoder, place, sessionsIn } from "./nanocoder.js";

const down = { error: { status: 402, message: "Payment Required for key-of-one-123" } };
const call = { calls: [{ name: "write_file", input: { path: "a.txt", content: "it" } }] };

it("a run goes on with the next model, tells it, counts each, and keeps no key", async () => {
  await using one = await modelServer([call, down]);
  await using two = await modelServer(["done by two"]);
  const where = place();
  const NANOCODER_GATEWAY_MODELS = `gpt-4o:strong:${one.url}/v1:key-of-one-123,claude-sonnet-4-5:fast:${two.url}/anthropic:key-of-two-456`;
  const args = ["-p", "write it", "--output-format", "json"];
  const ended = await nanocoder(args, { place: where, env: { NANOCODER_GATEWAY_MODELS } });
  expect(ended.code).toBe(0);
  expect(ended.stderr).toMatch(/gateway: gpt-4o failed \(The quota.*\)\. Now asking claude-sonnet-4-5\./);
  const result = JSON.parse(ended.stdout);
  expect(result).toMatchObject({ result: "done by two", subtype: "success" });
  expect(result.gateway).toMatchObject([
    { model: "gpt-4o", tier: "strong", calls: 2, errors: 1, latency_ms: expect.any(Number) },
    { model: "claude-sonnet-4-5", tier: "fast", calls: 1, errors: 0, cost_usd: expect.any(Number) },
  ]);
  expect(result.gateway[0].cost_usd + result.gateway[1].cost_usd).toBeCloseTo(result.total_cost_usd, 10);
  expect(two.requests.map((request) => [request.wire, request.model])).toEqual([["anthropic", "claude-sonnet-4-5"]]);
  const [events = []] = sessionsIn(where);
  expect(events.filter(({ type }) => type === "reply")).toMatchObject([
    { model: "gpt-4o" },
    { model: "claude-sonnet-4-5" },
  ]);
  expect(JSON.stringify(events) + ended.stderr + ended.stdout).not.toMatch(/key-of-(one|two)/);
});

it("an answer that breaks off is asked for again, the fourth time from another model", async () => {
  const broken = { text: "half", cut: "text" } as const;
  await using one = await modelServer([broken, broken, broken]);
  await using two = await modelServer(["whole"]);
  const env = { NANOCODER_GATEWAY_MODELS: `gpt-5:strong:${one.url}:,gpt-4o:strong:${two.url}:` };
  expect(await nanocoder(["-p", "x"], { place: place(), env })).toMatchObject({ code: 0, stdout: "whole\n" });
  expect(one.requests).toHaveLength(3);
});

it("summaries are written by the model of that role", async () => {
  const where = place();
  writeFileSync(join(where.work, "long.txt"), "the words of a long file\n".repeat(1900));
  const calls = [
    { name: "read_file", input: { path: "long.txt" } },
    { name: "compact", input: {} },
  ];
  await using strong = await modelServer([{ calls }, "read"]);
  await using cheap = await modelServer(["a summary"]);
  const env = { NANOCODER_GATEWAY_MODELS: `gpt-4o:strong:${strong.url}:,gpt-4o-mini:cheap:${cheap.url}:` };
  const ended = await nanocoder(["-p", "read it", "--output-format", "json"], { place: where, env });
  expect(ended.code).toBe(0);
  expect(cheap.requests).toHaveLength(1);
  expect(JSON.parse(ended.stdout).gateway[1]).toMatchObject({ model: "gpt-4o-mini", calls: 1, errors: 0 });
});

it("-m asks a model of the gateway by its name, and it alone", async () => {
  await using one = await modelServer(["one"]);
  await using two = await modelServer(["two", down]);
  const env = { NANOCODER_GATEWAY_MODELS: `gpt-5:strong:${one.url}:,gpt-4o:cheap:${two.url}:` };
  expect((await nanocoder(["-p", "x", "-m", "gpt-4o"], { place: place(), env })).stdout).toBe("two\n");
  const failed = await nanocoder(["-p", "x", "-m", "gpt-4o"], { place: place(), env });
  expect(failed).toMatchObject({ code: 1, stdout: "" });
  expect(one.requests).toEqual([]);
});

it("without a gateway the result says nothing of one", async () => {
  await using server = await modelServer(["ok"]);
  const env = { OPENAI_BASE_URL: server.url, NANOCODER_GATEWAY_MODELS: " " };
  const ended = await nanocoder(["-p", "x", "--output-format", "json"], { place: place(), env });
  expect(JSON.parse(ended.stdout)).not.toHaveProperty("gateway");
});

it("without a gateway nothing of one is loaded", () => {
  const { sources } = JSON.parse(readFileSync(join(MAIN, "../../start-path.json"), "utf8"));
  expect(sources).toContain("src/app/models.ts");
  expect(sources.filter((source: string) => /models\/gateway\/|app\/gateway\.ts/.test(source))).toEqual([]);
});

it("a wrong entry: exit 2, which one, and what is expected", async () => {
  const env = { NANOCODER_GATEWAY_MODELS: "a:strong:http://h/v1:sk-secret-one,b:medium:http://h/v1:sk-secret-two" };
  for (const args of [["-p", "x"], ["doctor"]]) {
    const ended = await nanocoder(args, { place: place(), env });
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toBe(
      'nanocoder: NANOCODER_GATEWAY_MODELS, entry 2 of 2 (b): there is no tier "medium". Choose strong, fast or cheap.\n',
    );
  }
});

it("doctor shows the models by tier, and which do not answer", async () => {
  await using server = await modelServer([]);
  const where = place();
  const models = [
    { name: "little", tier: "cheap", baseUrl: "http://127.0.0.1:1/v1" },
    { name: "gpt-4o", tier: "strong", baseUrl: server.url, apiKey: "key-of-one-123" },
  ];
  mkdirSync(join(where.home, ".nanocoder"));
  writeFileSync(join(where.home, ".nanocoder/settings.json"), JSON.stringify({ gateway: { models } }));
  const ended = await nanocoder(["doctor"], { place: where });
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(
    /✓ gateway, strong: gpt-4o \(openai wire\) at \S+ answers; window 128,000[\s\S]*✗ gateway, cheap: little .*cannot be reached[\s\S]*mend:/,
  );
  expect(ended.stdout).not.toMatch(/key-of-one|no model is configured/);
});
