import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messages } from "../../src/core/fold.js";
import type { Turn } from "../../src/models/scripted/script.js";
import { expectValid } from "../core/valid.js";
import { type Recovering, recovering, work } from "./recovering.js";

const words = fc.constantFrom("", " ", "a", "some words", "x".repeat(600));
const failure: fc.Arbitrary<Turn> = fc.oneof(
  fc.record({ error: fc.record({ status: fc.constantFrom(400, 401, 408, 413, 429, 500, 503, 529) }) }),
  fc.record({ text: words, cut: fc.constantFrom("headers" as const, "text" as const, 3) }),
  fc.record({ text: words, thinking: words, cut: fc.constant("text" as const) }),
  fc.record({ errorInStream: fc.constant({ type: "overloaded_error", message: "Overloaded" }) }),
  fc.record({ text: words, thinking: words, stop: fc.constant("length") }),
  fc.record({ thinking: words }),
  fc.record({
    calls: fc.array(fc.record({ name: fc.constantFrom("count", "fly"), raw: fc.constantFrom("{", '{"n":', "[]") }), {
      minLength: 1,
    }),
  }),
);
// what its calls count is put in when it is asked for
const useful = fc
  .record({
    text: words,
    calls: fc.array(fc.record({ name: fc.constant("count") }), { minLength: 1, maxLength: 3 }),
    stop: fc.constantFrom("calls", "length"),
    cut: fc.constantFrom("calls" as const, "text" as const, ""),
  })
  .map(({ cut, ...turn }): Turn => (cut === "" ? turn : { ...turn, cut }));

function numbered(turn: Turn, n: number): Turn {
  if (!turn.calls) return turn;
  const calls = turn.calls.map((call, at) =>
    call.raw === undefined ? { ...call, input: { n: 10 * n + at } } : { ...call, raw: `${call.raw}${n % 7}` },
  );
  return { ...turn, calls };
}

const OVERLOADED: Turn = { errorInStream: { type: "overloaded_error", message: "Overloaded" } };
const CIRCLE: Turn[] = [
  OVERLOADED,
  { text: "", cut: "headers" },
  OVERLOADED,
  { calls: [{ name: "count", raw: "{" }] },
  { error: { status: 500 } },
  { text: "", cut: "headers" },
  { text: "", thinking: "", cut: "text" },
];

function expectSound(one: Recovering): void {
  expect(new Set(one.runs).size).toBe(one.runs.length);
  const { events } = one.log;
  const results = events.flatMap((event) => (event.type === "result" ? [event.callId] : []));
  expect(new Set(results).size).toBe(results.length);
  for (let upto = 0; upto <= events.length; upto += 1) expectValid(messages(events.slice(0, upto)));
  expect(events.filter((event) => event.type === "ended")).toHaveLength(1);
  expect(events.at(-1)?.type).toBe("ended");
}

describe("whatever goes wrong", () => {
  it("a run ends, no tool runs twice, and every prefix of its log tells a valid conversation", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(failure, useful), { maxLength: 30 }), async (turns) => {
        const one = recovering(({ n }) => numbered(turns[n] ?? { text: "done" }, n));
        await work(one);
        expect(one.asked.length).toBeLessThanOrEqual(turns.length + 1);
        expectSound(one);
      }),
      { numRuns: 120 },
    );
  });

  it("a model that does nothing but fail is asked a bounded number of times", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(failure, { minLength: 1, maxLength: 12 }), async (turns) => {
        const one = recovering(({ n }) => numbered(turns[n % turns.length] ?? {}, n));
        await work(one);
        expect(one.asked.length).toBeLessThanOrEqual(100);
        expectSound(one);
      }),
      // the example: two plugins end the run and tidy up at the same moment
      { numRuns: 60, examples: [[CIRCLE]] },
    );
  });

  it("the next run starts with the usual output limit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(failure, useful), { maxLength: 12 }), async (turns) => {
        const one = recovering(({ n }) => numbered(turns[n] ?? { text: "done" }, n), { maxOutput: 1000 });
        await work(one);
        const asked = one.asked.length;
        await work(one, "more");
        const [first] = one.asked.slice(asked);
        expect(first?.maxOutput).toBe(1000);
      }),
      { numRuns: 60 },
    );
  });
});
