import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/core/message.js";
import type { Quirk } from "../../../src/models/scripted/quirks.js";
import type { ScriptedCall, Turn } from "../../../src/models/scripted/script.js";
import { expectRecorded, ran, reasonOf, scripted } from "./running.js";

// at most one of each line
const GROUPS: Quirk[][] = [
  ["no-ids", "late-ids", "same-ids", "ids-in-each"],
  ["no-index", "index-from-1", "index-0"],
  ["arguments-object", "arguments-doubled", "arguments-again", "arguments-fenced", "arguments-quoted"],
  ["arguments-empty", "arguments-null"],
  ["name-in-each"],
  ["interleaved"],
  ["finish-stop", "no-finish", "finish-wrong"],
  ["no-usage", "usage-in-choice", "usage-in-each"],
  ["reasoning", "think-tags"],
  ["wants-reasoning-back", "refuses-reasoning-back"],
  ["comments"],
  ["crlf"],
  ["no-done"],
  ["refuses-stream-options"],
  ["refuses-temperature"],
  ["wants-max-tokens", "wants-max-completion-tokens"],
  ["refuses-system", "wants-developer"],
];
const WRITTEN: Quirk[] = ["calls-in-tags", "calls-as-functions", "calls-in-fences"];

const oneOrNone = (group: Quirk[]) => fc.option(fc.constantFrom(...group), { nil: undefined, freq: 2 });
const rarely = (group: Quirk[]) => fc.constantFrom(...group, ...Array.from({ length: 12 }, () => undefined));
const combined = fc
  .tuple(...GROUPS.map(oneOrNone), rarely(WRITTEN), rarely(["plain-json"]))
  .map((chosen) => chosen.filter((quirk) => quirk !== undefined))
  .filter(isTellable);

// together these leave nothing to tell calls, or an answer's end, by
function isTellable(quirks: Quirk[]): boolean {
  const has = (...any: Quirk[]) => any.some((quirk) => quirks.includes(quirk));
  const placeless = has("no-index", "index-0");
  const apart = !placeless || (has("ids-in-each") && has("no-index"));
  if (has("interleaved") && !apart) return false;
  return !(has("no-finish") && has("no-done"));
}

const words = fc
  .oneof(
    fc.string(),
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("a\nb", '{"a":1}', "it's", "你好", "</tool_call>"),
  )
  .filter((value) => !/```|<think|<\/think|<\/param|<function/.test(value));
const call: fc.Arbitrary<ScriptedCall> = fc.record({
  name: fc.constantFrom("f", "g"),
  input: fc.record(
    {
      words,
      yes: fc.boolean(),
      list: fc.array(fc.oneof(words, fc.integer(), fc.constant(null)), { maxLength: 3 }),
      deep: fc.dictionary(fc.constantFrom("a", "b"), words, { noNullPrototype: true }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<{ [key: string]: Json }>,
});
const chunk = fc.constantFrom(60, 5000, 5000, 5000);
const prose = words.filter((value) => !value.includes("<tool") && value.trim() !== "");
const turn = fc.record(
  { text: prose, thinking: prose, calls: fc.array(call, { minLength: 1, maxLength: 4 }), chunk },
  { requiredKeys: ["calls"] },
);

// calls that say the same could not be told from one that is told twice: so each is numbered
function scriptOf(turns: readonly Partial<Turn>[], quirks: readonly Quirk[]): Turn[] {
  const bare = !quirks.some((quirk) => ["no-index", "index-0"].includes(quirk)) || quirks.includes("ids-in-each");
  let n = 0;
  const numbered = turns.map(({ calls = [], ...more }) => ({
    ...more,
    calls: calls.map(({ name, input }): ScriptedCall => {
      n += 1;
      const none = bare && n % 5 === 0;
      return none ? { name: "wait", input: {} } : { name, input: { n, ...(input as { [key: string]: Json }) } };
    }),
  }));
  return [...numbered, { text: "Done." }];
}

describe("any mixture of quirks", () => {
  it("runs exactly the tools that were called, each once, in order", async () => {
    const property = fc.asyncProperty(
      combined,
      fc.array(turn, { minLength: 1, maxLength: 2 }),
      async (quirks, some) => {
        const turns = scriptOf(some, quirks);
        const { outcome, ran: seen, events } = await ran(turns, quirks, { temperature: 0.5 });
        expect([outcome, reasonOf(events)]).toEqual(["done", ""]);
        expect(seen).toEqual(scripted(turns));
        expectRecorded(events, turns);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  }, 120_000);
});
