import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messages } from "../../src/core/fold.js";
import { callsIn, type Message, text } from "../../src/core/message.js";
import { fitting } from "../../src/models/fitting.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import { messageTokens, textTokens } from "../../src/models/tokens.js";
import { anyLog } from "./logs.js";

const WINDOW = 3000;

async function sent(told: readonly Message[], window = WINDOW, system = "be good"): Promise<readonly Message[]> {
  const model = scriptedModel(["ok"], { window });
  const stream = fitting(model).stream({ system, messages: told, tools: [] }, new AbortController().signal);
  for (let step = await stream.next(); !step.done; step = await stream.next());
  return model.requests[0]?.messages ?? [];
}

const sizeOf = (told: readonly Message[]) =>
  told.reduce((sum, each) => sum + messageTokens(each), textTokens("be good"));

const said = (words: string): Message => ({ role: "assistant", parts: [text(words)] });

describe("fitting", () => {
  it("sends what fits as it is", async () => {
    const told: Message[] = [{ role: "user", parts: [text("word ".repeat(2000))] }];
    expect((await sent(told))[0]).toBe(told[0]);
  });

  it("sends no request over the window, whatever a log holds", async () => {
    await fc.assert(
      fc.asyncProperty(anyLog, fc.integer({ min: 1, max: 400 }), async (events, times) => {
        const told = messages(events).map((message): Message => {
          if (message.role !== "tool") return message;
          return { ...message, parts: [...message.parts, text("result ".repeat(times * 40))] };
        });
        const fits = await sent(told);
        const called = new Set(
          fits.flatMap((each) => (each.role === "assistant" ? callsIn(each.parts) : [])).map(({ id }) => id),
        );
        expect(fits.filter((each) => each.role === "tool" && !called.has(each.callId))).toEqual([]);
        if (sizeOf(fits) > WINDOW) throw new Error(`${sizeOf(fits)} tokens of ${WINDOW}`);
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });

  it("sends the user's words also where the system prompt alone is over the window: its server says so", async () => {
    const asked: Message = { role: "user", parts: [text("do it ".repeat(100))] };
    const told: Message[] = [{ role: "user", parts: [text("old ".repeat(3000))] }, said("yes"), asked];
    const fits = await sent(told, WINDOW, "rule ".repeat(4000));
    expect(fits.at(-1)).toEqual(asked);
    expect(sizeOf(fits)).toBeLessThan(WINDOW / 4 + 50);
  });

  it("shrinks old results before the newest, and the user's words last", async () => {
    const result = (id: string): Message => ({
      role: "tool",
      callId: id,
      parts: [text(`${id} ${"x".repeat(4000)}`)],
      failed: false,
    });
    const call = (id: string): Message => ({
      role: "assistant",
      parts: [{ type: "call", id, name: "look", input: {} }],
    });
    const told: Message[] = [
      { role: "user", parts: [text("u".repeat(3000))] },
      call("a"),
      result("a"),
      call("b"),
      result("b"),
    ];
    const lengths = (await sent(told, 2700)).map(({ parts }) => JSON.stringify(parts).length);
    expect(lengths[0]).toBeGreaterThan(3000);
    expect(lengths[2]).toBeLessThan(2200);
    expect(lengths[4]).toBeGreaterThan(4000);
  });
});

describe("the estimate of tokens", () => {
  it("counts a Chinese character as one, and ASCII by 3.6", () => {
    expect(textTokens("数据库".repeat(100))).toBe(300);
    expect(textTokens("a".repeat(360))).toBe(100);
    expect(textTokens("é".repeat(100))).toBe(50);
  });
});
