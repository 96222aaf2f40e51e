import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ScriptStep } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, place, sessionsIn } from "./nanocoder.js";

type Wire = "openai" | "anthropic";

const envAt = (wire: Wire, url: string): Record<string, string> =>
  wire === "openai"
    ? openaiAt(url)
    : { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "test-key-123456", NANOCODER_MODEL: "claude-sonnet-4-5" };

async function run(script: readonly ScriptStep[], { wire = "openai" as Wire, args = [] as string[] } = {}) {
  await using server = await modelServer(script);
  const where = place();
  const ended = await nanocoder(["-p", "go", ...args], { place: where, env: envAt(wire, server.url) });
  return { ...ended, requests: server.requests, refusals: server.refusals, where };
}

const stop = { openai: "length", anthropic: "max_tokens" };

describe.each(["openai", "anthropic"] as const)("an answer that met the output limit (%s)", (wire) => {
  it("is asked for again with more, then continued, and printed as one", async () => {
    const cut = (text: string) => ({ text, stop: stop[wire] });
    const ended = await run([cut("void"), cut("one, t"), "wo"], { wire });
    expect(ended).toMatchObject({ code: 0, stdout: "one, two\n", refusals: [] });
    expect(ended.requests[1]?.body).toMatchObject(wire === "openai" ? { max_tokens: 16_384 } : { max_tokens: 64_000 });
    expect(ended.requests[1]?.messages).toEqual(ended.requests[0]?.messages);
    expect(ended.stderr).toMatch(/asking again \(1\): the output limit cut[\s\S]*recover: .*going on \(1 of 3\)/);
  });

  it("never runs a call that it cut in half", async () => {
    const half = {
      text: "I write.",
      calls: [{ name: "write_file", raw: '{"path":"a.txt","content":"half' }],
      stop: stop[wire],
    };
    const ended = await run([half, half, "Too long for me."], { wire });
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/Too long for me\.\n$/), refusals: [] });
    expect(existsSync(join(ended.where.work, "a.txt"))).toBe(false);
    expect(ended.requests[2]?.lastText).toMatch(/call that you had begun was not made|cut your call off/);
  });

  it("that stays incomplete is no success: exit 1, nothing on stdout, what came in result and on stderr", async () => {
    const cut = (text: string) => ({ text, stop: stop[wire] });
    const script = [cut("void"), cut("a"), cut("b"), cut("c"), cut("d")];
    const json = await run(script, { wire, args: ["--output-format", "json"] });
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      subtype: "error_provider",
      is_error: true,
      result: "abcd",
      termination_reason: expect.stringContaining("The answer is incomplete"),
    });
    const text = await run(script, { wire });
    expect(text).toMatchObject({ code: 1, stdout: "" });
    expect(text.stderr).toMatch(/The answer so far:\nabcd\nnanocoder: The answer is incomplete/);
  });
});

describe("answers that are none", () => {
  it("empty ones: exit 1 with what to do", async () => {
    const ended = await run([{}, {}, {}]);
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("gpt-4o gave 3 empty answers in a row. Ask in other words");
  });

  it("a refusal in the middle: exit 1, nothing asked again, what came is kept", async () => {
    const refused = {
      text: "I can",
      chunk: 60,
      pause: 20,
      errorInStream: { type: "content_policy", message: "not this" },
    };
    const ended = await run([refused, "never"], { args: ["--output-format", "json"] });
    expect(ended.code).toBe(1);
    expect(ended.requests).toHaveLength(1);
    const result = { result: "I can", termination_reason: expect.stringContaining("not this") };
    expect(JSON.parse(ended.stdout)).toMatchObject(result);
    expect(sessionsIn(ended.where)[0]).toContainEqual(expect.objectContaining({ type: "reply", stop: "cut" }));
  });

  it("a quota that is used up is no throttling: exit 1, nothing asked again, and what to do", async () => {
    const error = { status: 429, type: "insufficient_quota", message: "You exceeded your current quota" };
    const ended = await run([{ error }, "never"]);
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.requests).toHaveLength(1);
    expect(ended.stderr).toContain("check plan and billing");
  });

  it("throttling is waited for as long as it asks", async () => {
    const error = { status: 429, headers: { "retry-after-ms": "30" } };
    const ended = await run([{ error }, { error }, "ok"]);
    expect(ended).toMatchObject({ code: 0, stdout: "ok\n" });
    expect(ended.stderr).toMatch(/retry: .*slow down.*\(2 of 10\)[\s\S]*\(3 of 10\)/);
  });

  it("are not shown to Stop hooks", async () => {
    const where = place();
    mkdirSync(join(where.home, ".nanocoder"));
    const hook = { command: `echo stop >> "${join(where.home, "stops")}"` };
    writeFileSync(
      join(where.home, ".nanocoder/settings.json"),
      JSON.stringify({ hooks: { Stop: [{ hooks: [hook] }] } }),
    );
    await using server = await modelServer([{ text: "half", stop: "length" }, {}, "whole"]);
    expect((await nanocoder(["-p", "x"], { place: where, env: openaiAt(server.url) })).stdout).toBe("whole\n");
    expect(readFileSync(join(where.home, "stops"), "utf8")).toBe("stop\n");
  });

  it("the history is usable afterwards", async () => {
    await using server = await modelServer([{ error: { status: 400 } }, { text: "cut", stop: "length" }, {}, "fine"]);
    const where = place();
    const options = { place: where, env: openaiAt(server.url) };
    expect((await nanocoder(["-p", "one"], options)).code).toBe(1);
    expect(await nanocoder(["-p", "two", "-c"], options)).toMatchObject({ code: 0, stdout: "fine\n" });
    expect(server.refusals).toEqual([]);
  });
});
