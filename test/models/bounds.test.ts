import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fact } from "../../src/core/event.js";
import { NO_USAGE } from "../../src/core/event.js";
import { messages } from "../../src/core/fold.js";
import { memoryLog } from "../../src/core/log.js";
import { type ReplyPart, text, type UserPart } from "../../src/core/message.js";
import { anthropicRenderer } from "../../src/models/anthropic-render.js";
import { openaiRenderer } from "../../src/models/openai-render.js";
import { validateAnthropic } from "../../src/models/scripted/validate-anthropic.js";
import { validateOpenai } from "../../src/models/scripted/validate-openai.js";
import { ask } from "./answering.js";

const MB = 1_000_000;
const WIRES = {
  openai() {
    const render = openaiRenderer("h");
    return async (facts: readonly Fact[]) => {
      const body = await render({ model: "m", stream: true }, ask(told(facts)), {
        thinking: "calls",
        system: "system",
      });
      return checked(Buffer.concat(body), validateOpenai);
    };
  },
  anthropic() {
    const render = anthropicRenderer("h");
    return async (facts: readonly Fact[]) => {
      const body = await render({ model: "m", max_tokens: 9, stream: true }, ask(told(facts)));
      return checked(Buffer.concat(body), (value) => validateAnthropic(value, () => false));
    };
  },
};

function checked(bytes: Buffer, validate: typeof validateOpenai): string {
  expect(bytes.length).toBeLessThan(25 * MB);
  const body = bytes.toString();
  validate(JSON.parse(body));
  return body;
}

// the same facts are the same events, as in a log that grows
const events = new Map<Fact, object>();
function told(facts: readonly Fact[]) {
  const log = memoryLog();
  for (const fact of facts) log.append(fact);
  return messages(
    log.events.map((event, at) => {
      const fact = facts[at] ?? event;
      const known = events.get(fact) ?? event;
      events.set(fact, known);
      return known as typeof event;
    }),
  );
}

const prompt = (...parts: UserPart[]): Fact => ({ type: "prompt", parts, from: "user" });
const image = (size: number, letter = "A"): UserPart => ({
  type: "image",
  mime: "image/png",
  data: letter.repeat(size),
});
const said = (...parts: ReplyPart[]): Fact => ({ type: "reply", parts, stop: "calls", model: "m", usage: NO_USAGE });
let calls = 0;
function called(parts: UserPart[], more: { failed?: boolean; file?: string; command?: string } = {}): Fact[] {
  const id = `call_${calls++}`;
  const { failed = false, command = "", ...details } = more;
  return [
    said({ type: "call", id, name: "f", input: { command } }),
    { type: "result", callId: id, parts, failed, details },
  ];
}
const count = (body: string, what: string) => body.split(what).length - 1;

describe.each(["openai", "anthropic"] as const)("a request to %s", (name) => {
  const request = (facts: readonly Fact[]) => WIRES[name]()(facts);

  it("tells head and tail of a result of 20 MB, how much is left out, and where it is", async () => {
    const body = await request([
      prompt(text("go")),
      ...called([text(`first ${"x".repeat(20 * MB)} last`)], { file: "/tmp/out.txt" }),
    ]);
    expect(body.length).toBeLessThan(410_000);
    expect(body).toMatch(
      /first x+\\n\[19600\d\d\d characters left out here; all of it is in \/tmp\/out.txt\]\\nx+ last/,
    );
  });

  it("keeps what the user wrote whole", async () => {
    const body = await request([prompt(text("x".repeat(5 * MB)))]);
    expect(body).toContain("x".repeat(5 * MB));
  });

  it("bounds the words, thoughts and arguments of the model", async () => {
    const big = "y".repeat(6 * MB);
    const thought: ReplyPart = { type: "thinking", text: big, opaque: { wire: name, host: "h", signature: "s" } };
    const body = await request([prompt(text("go")), said(thought, text(big)), ...called([], { command: big })]);
    expect(body.length).toBeLessThan(900_000);
    expect(count(body, "characters left out here")).toBe(2);
    expect(body).toContain("[thinking left out: 6");
  });

  it("says which image is too large, and of what type one cannot be", async () => {
    const most = name === "openai" ? 20 * MB : 5 * 1024 * 1024;
    const svg: UserPart = { type: "image", mime: "image/svg+xml", data: "AAAA" };
    const odd: UserPart = { type: "image", mime: "image/png", data: "?" };
    const body = await request([prompt(image(most, "B")), ...called([image(most + 1), svg, odd])]);
    expect(body).toContain("B".repeat(most));
    expect(body).toMatch(/\[image left out: its (20\.0|5\.2) MB are more than fits into the request\]/);
    expect(body).toContain("(an image of type image/svg+xml, which cannot be shown here)");
    expect(body).toContain("[image left out: its data is damaged]");
  });

  it("leaves out the oldest images, some at a time, so that most requests begin like the one before", async () => {
    const render = WIRES[name]();
    const log = [prompt(text("go"))];
    const bodies: string[] = [];
    for (let n = 0; n < 30; n += 1) {
      log.push(...called([text(`shot ${n}.`), image(MB, "ABCD"[n % 4])]));
      bodies.push(await render(log));
    }
    const left = bodies.map((body) => count(body, "[image left out: newer ones fill the request]"));
    expect(left.slice(18, 28)).toEqual([0, 0, 6, 6, 6, 6, 6, 6, 12, 12]);
    const last = bodies.at(-1) ?? "";
    expect(count(last, "image/png")).toBe(30 - (left.at(-1) ?? 0));
    expect(last.indexOf("left out")).toBeLessThan(last.indexOf("image/png"));
    const [one = "", two = ""] = bodies.slice(22);
    expect(two.startsWith(one.slice(0, one.indexOf("shot 21.")))).toBe(true);
    expect(await request(log)).toBe(last);
  });

  it("shrinks the largest old results first, and no more of them than it must", async () => {
    const large = Array.from({ length: 66 }, (_, n) => called([text(`result ${n} ${"z".repeat(380_000 + n)}`)])).flat();
    const body = await request([prompt(text("go")), ...called([text("small")]), ...large]);
    expect(body).toContain("small");
    expect(count(body, "characters left out here")).toBe(1);
    expect(body).toContain(`result 65 ${"z".repeat(380_065)}`);
    expect(body).toContain(`result 63 ${"z".repeat(380_063)}`);
    expect(body.length).toBeGreaterThan(24.6 * MB);
  });

  it("leaves out the oldest turns at the last, and says how many", async () => {
    const many = Array.from({ length: 14_000 }, (_, n) => [
      prompt(text(`${n} ${"语".repeat(600)}`)),
      ...called([text("ok")]),
    ]).flat();
    const body = await request(many);
    expect(body).toMatch(/\[\d+ older messages left out: the request would be too large\]/);
    expect(body).toContain("13999 语");
  });

  it("leaves no result without its call when it cuts among many", async () => {
    const turns = Array.from({ length: 15 }, () => {
      const made = Array.from({ length: 1000 }, () => called([text("r".repeat(1900))]));
      const parts = made.flatMap(([reply]) => (reply?.type === "reply" ? reply.parts : []));
      return [said(...parts), ...made.flatMap(([, result]) => result ?? [])];
    });
    const body = await request([prompt(text("go")), ...turns.flat()]);
    expect(body).toContain("older messages left out");
    expect(count(body, "r".repeat(1900)) % 1000).toBe(0);
  });

  it("is valid and bounded whatever is large in a log", async () => {
    const size = fc.constantFrom(10, 1000, 390_000, 4 * MB, 9 * MB);
    const fact = fc.oneof(
      size.map((length) => called([text("语".repeat(length))])),
      size.map((length) => called([text("\u0001".repeat(length)), image(length)], { failed: true })),
      size.map((length) => [prompt(text("\0".repeat(length)))]),
      size.map((length) => [said(text("\ud800".repeat(length)))]),
      size.map((length) => [prompt(image(length))]),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fact, { maxLength: 6 }), async (facts) => void (await request(facts.flat()))),
      { numRuns: 10, endOnFailure: true },
    );
  }, 60_000);
});

describe("a failed result with an image", () => {
  it("is no error block, and says that it failed", async () => {
    const facts = [prompt(text("go")), ...called([text("no such window"), image(8)], { failed: true })];
    const body = await WIRES.anthropic()(facts);
    expect(body).toContain("[failed]\\nno such window");
    expect(body).toContain("AAAAAAAA");
  });
});

describe("a conversation that ends with the model", () => {
  it.each(["openai", "anthropic"] as const)("is handed back to it by the user, at %s", async (name) => {
    const body = await WIRES[name]()([prompt(text("go")), said(text("done"))]);
    expect(JSON.parse(body).messages.at(-1).role).toBe("user");
  });
});
