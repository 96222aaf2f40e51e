import { describe, expect, it } from "vitest";
import { plainText, text } from "../../../src/core/message.js";
import { anthropic } from "../../../src/models/anthropic.js";
import { openai } from "../../../src/models/openai.js";
import type { Turn } from "../../../src/models/scripted/script.js";
import { modelServer } from "../../../src/models/scripted/server.js";
import { answering, ask, chunk, sse, take } from "../answering.js";
import { reasonOf, runWith } from "./running.js";

const WIRES = { openai, anthropic };

async function against(wire: keyof typeof WIRES, turns: readonly Turn[]) {
  await using server = await modelServer(turns);
  const ran = await runWith(WIRES[wire]({ baseUrl: server.url, apiKey: "k", model: "scripted" }));
  return { ...ran, server };
}

describe("an answer that is refused", () => {
  it.each([
    ["openai", "content_filter"],
    ["openai", "sensitive"],
    ["anthropic", "refusal"],
  ] as const)("%s: %s ends the run with one sentence, and keeps what was said", async (wire, stop) => {
    const { outcome, events, server } = await against(wire, [{ text: "Well, first", stop }]);
    expect(outcome).toBe("failed");
    expect(reasonOf(events)).toMatch(/^scripted at \S+ refused to answer \(\w+\): say it otherwise, or choose/);
    expect(events.find((event) => event.type === "reply")).toMatchObject({ stop: "cut", parts: [text("Well, first")] });
    expect(server.requests).toHaveLength(1);
  });

  it("is known by its refusal text too", async () => {
    await using server = await answering(sse(chunk({ refusal: "I cannot" }), chunk({ refusal: " do that." }, "stop")));
    const { outcome, events, shown } = await runWith(openai({ baseUrl: server.url, model: "m" }));
    expect([outcome, shown]).toEqual(["failed", "I cannot do that."]);
    expect(reasonOf(events)).toContain("refused to answer");
  });

  it.each(["openai", "anthropic"] as const)("%s: a full window is an overflow, not an end", async (wire) => {
    await using server = await modelServer([{ text: "So far", stop: "model_context_window_exceeded" }]);
    const model = WIRES[wire]({ baseUrl: server.url, apiKey: "k", model: "scripted" });
    await expect(take(model)).rejects.toMatchObject({ kind: "overflow", transient: false });
    expect((await against(wire, [{ text: "So far", stop: "model_context_window_exceeded" }])).shown).toBe("So far");
  });
});

describe("a turn that is paused", () => {
  it("goes on as one reply, with all its tokens", async () => {
    const usage = { input: 10, output: 2, cacheRead: 1 };
    await using server = await modelServer([
      { thinking: "hm", text: "One, ", stop: "pause_turn", usage },
      { text: "two.", calls: [{ name: "f", input: { n: 1 } }], usage },
    ]);
    const { reply, deltas } = await take(anthropic({ baseUrl: server.url, apiKey: "k", model: "scripted" }));
    expect([plainText(reply.parts), reply.stop]).toEqual(["One, two.", "calls"]);
    expect(reply.usage).toEqual({ input: 20, output: 4, cacheRead: 2, cacheWrite: 0 });
    expect(deltas.filter((delta) => delta.type === "call")).toHaveLength(1);
    expect(server.requests[1]?.messages.slice(0, 2)).toMatchObject([
      { role: "user" },
      { role: "assistant", text: "One," },
    ]);
    expect(server.refusals).toEqual([]);
  });

  it("is not paused for ever", async () => {
    await using server = await modelServer(() => ({ text: "a", stop: "pause_turn" }));
    const { reply } = await take(anthropic({ baseUrl: server.url, apiKey: "k", model: "scripted" }), ask());
    expect([plainText(reply.parts), server.requests.length]).toEqual(["aaaaaaaaa", 9]);
  });
});
