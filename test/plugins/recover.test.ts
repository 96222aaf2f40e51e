import { describe, expect, it } from "vitest";
import { NO_USAGE } from "../../src/core/event.js";
import { last } from "../../src/core/fold.js";
import { plainText } from "../../src/core/message.js";
import type { ScriptStep, Turn } from "../../src/models/scripted/script.js";
import { answerIn } from "../../src/plugins/answer.js";
import { type Recovering, recovering, work } from "./recovering.js";

const long = (text: string, more: Turn = {}): Turn => ({ text, stop: "length", ...more });
const count = (n: number, more: Turn = {}): Turn => ({ calls: [{ name: "count", input: { n } }], ...more });
const raw = (text: string, name = "count"): Turn => ({ calls: [{ name, raw: text }] });

const ended = (one: Recovering) => last(one.log.events, "ended");
const limitsAsked = (one: Recovering) => one.asked.map((request) => request.maxOutput);
const lastWords = (one: Recovering, n: number) => plainText(one.asked[n]?.messages.at(-1)?.parts ?? []);

async function worked(script: readonly ScriptStep[], options?: Parameters<typeof recovering>[1]): Promise<Recovering> {
  const one = recovering(script, options);
  await work(one);
  return one;
}

describe("an answer that the output limit cuts off", () => {
  it("is asked for again with the model's own limit, as if it had not been, and the limit goes back", async () => {
    const one = await worked([long("half a"), count(1), "whole"], { maxOutput: 1000 });
    expect(limitsAsked(one)).toEqual([1000, 16_384, 1000]);
    expect(one.asked[1]?.messages).toEqual(one.asked[0]?.messages);
    expect(one.runs).toEqual([1]);
    expect(answerIn(one.log.events)).toEqual({ text: "whole", whole: true });
    expect(one.log.events).toContainEqual(
      expect.objectContaining({ type: "retried", reason: expect.stringContaining("raised to 16384") }),
    );
  });

  it("is then kept and continued, and its pieces are one answer", async () => {
    const one = await worked([long("void"), long("one, t"), long("wo, th"), "ree"]);
    expect(one.asked).toHaveLength(4);
    expect(one.asked[2]?.messages.map((message) => plainText(message.parts).slice(0, 30))).toEqual([
      "go",
      "one, t",
      "Your reply was cut off by the ",
    ]);
    expect(lastWords(one, 3)).toContain("Go on exactly where it stopped");
    expect(answerIn(one.log.events)).toEqual({ text: "one, two, three", whole: true });
    expect(ended(one)).toMatchObject({ outcome: "done" });
    expect(one.status).toEqual([expect.stringContaining("(1 of 3)"), expect.stringContaining("(2 of 3)")]);
  });

  it("is continued three times at most; what came is kept", async () => {
    const one = await worked([long("void"), long("a"), long("b"), long("c"), long("d"), "never"]);
    expect(one.asked).toHaveLength(5);
    expect(ended(one)).toMatchObject({ outcome: "failed", reason: expect.stringContaining("incomplete: gpt-4o met") });
    expect(answerIn(one.log.events)).toEqual({ text: "abcd", whole: false });
  });

  it("is continued at once where the limit is at the most already, and where the answer used all of it", async () => {
    const set = await worked([long("a"), "b"], { maxOutput: 16_384 });
    expect(limitsAsked(set)).toEqual([16_384, 16_384]);
    const used = await worked([long("a", { usage: { output: 16_384 } }), "b"]);
    expect(limitsAsked(used)).toEqual([undefined, undefined]);
    expect(answerIn(used.log.events).text).toBe("ab");
  });

  it("of a model that is not in the catalogue gets four times as much, up to 64,000 and three quarters of the window", async () => {
    const raised = async (maxOutput: number | undefined, more: { output?: number; window?: number } = {}) => {
      const { output = 0, window } = more;
      const options = { id: "own", ...(maxOutput && { maxOutput }), ...(window && { window }) };
      return limitsAsked(await worked([long("a", { usage: { output } }), "b"], options))[1];
    };
    expect(await raised(1000)).toBe(4000);
    expect(await raised(30_000)).toBe(64_000);
    expect(await raised(64_000)).toBe(64_000);
    expect(await raised(undefined)).toBe(32_768);
    expect(await raised(undefined, { output: 2048 })).toBe(8192);
    expect(await raised(5000, { window: 8000 })).toBe(6000);
  });

  it("is raised for once in a run, and in the next run again", async () => {
    const one = await worked([long("a"), count(1), long("b"), "c", long("d"), "e"], { maxOutput: 1000 });
    expect(limitsAsked(one)).toEqual([1000, 16_384, 1000, 1000]);
    expect(answerIn(one.log.events).text).toBe("bc");
    await work(one, "more");
    expect(limitsAsked(one).slice(4)).toEqual([1000, 16_384]);
  });

  it("is asked for with the limit as it was when the provider refuses the raised one", async () => {
    const refusal: Turn = { error: { status: 400, message: "max_tokens is too large" } };
    const one = await worked([long("a"), refusal, long("one, t"), "wo"], { maxOutput: 1000 });
    expect(limitsAsked(one)).toEqual([1000, 16_384, 1000, 1000]);
    expect(answerIn(one.log.events)).toEqual({ text: "one, two", whole: true });
    const never = await worked([long("a"), refusal, refusal], { maxOutput: 1000 });
    expect(ended(never)).toMatchObject({ outcome: "failed", reason: expect.stringContaining("too large") });
  });

  it("keeps a limit that was set in the session", async () => {
    const one = recovering([long("a"), count(1), "b"]);
    one.log.append({ type: "state", key: "maxOutput", value: 500 });
    await work(one);
    expect(limitsAsked(one)).toEqual([500, 16_384, 500]);
  });

  it("runs its whole calls once and goes on", async () => {
    const one = await worked([long("I count", count(1)), "done"]);
    expect(one.runs).toEqual([1]);
    expect(one.asked).toHaveLength(2);
    expect(limitsAsked(one)).toEqual([undefined, undefined]);
    expect(answerIn(one.log.events)).toEqual({ text: "done", whole: true });
  });

  it("in the middle of its only call gets more room for the next", async () => {
    const one = await worked([{ ...raw('{"n": 1'), stop: "length" }, count(1), "done"], { maxOutput: 1000 });
    expect(limitsAsked(one)).toEqual([1000, 16_384, 1000]);
    expect(lastWords(one, 1)).toContain("cut your call off in the middle");
    expect(one.runs).toEqual([1]);
    expect(one.status).toEqual([expect.stringContaining("raised to 16384")]);
  });

  it("that has no words yet is taken back and asked to think less", async () => {
    const one = await worked([long(""), { thinking: "hm", stop: "length" }, "short"]);
    expect(lastWords(one, 2)).toContain("Think less");
    expect(one.asked[2]?.messages.map(({ role }) => role)).toEqual(["user"]);
    expect(answerIn(one.log.events).text).toBe("short");
  });

  it("is not joined with what came before the calls of an earlier one", async () => {
    const one = await worked([long("void"), long("I sta"), { text: "rt.", ...count(1) }, "Done."]);
    expect(answerIn(one.log.events).text).toBe("Done.");
  });
});

describe("the last answer", () => {
  it("leaves out a piece that was taken back", async () => {
    const one = await worked([long("void"), long("one, t"), { text: "w", cut: "text" }, "wo"]);
    expect(answerIn(one.log.events).text).toBe("one, two");
  });

  it("is not joined with the words before a call that was cut in half", async () => {
    const one = await worked([{ text: "I count. ", ...raw('{"n": 1'), stop: "length" }, "Done."]);
    expect(answerIn(one.log.events).text).toBe("Done.");
  });

  it("is not joined with one that nobody asked to go on", async () => {
    const one = await worked([long("void"), long("a"), long("b"), long("c"), long("d")]);
    await work(one, "never mind");
    expect(answerIn(one.log.events).whole).toBe(false);
    one.log.append({ type: "prompt", parts: [], from: "user" });
    one.log.append({ type: "reply", parts: [{ type: "text", text: "new" }], stop: "end", model: "m", usage: NO_USAGE });
    expect(answerIn(one.log.events)).toEqual({ text: "new", whole: true });
  });
});

describe("an empty answer", () => {
  it("is asked for again without a word, then with one", async () => {
    const one = await worked([count(1), {}, { thinking: "hm" }, "Counted."]);
    expect(one.asked[2]?.messages).toEqual(one.asked[1]?.messages);
    expect(lastWords(one, 3)).toContain("Your last replies were empty");
    expect(one.runs).toEqual([1]);
    expect(answerIn(one.log.events)).toEqual({ text: "Counted.", whole: true });
  });

  it("ends the run the third time", async () => {
    const one = await worked([{}, { text: " \n" }, {}, "never"]);
    expect(one.asked).toHaveLength(3);
    expect(ended(one)).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining("3 empty answers in a row"),
    });
  });
});

describe("an answer that breaks off", () => {
  it("is asked for again at once, then after a growing wait, then ends the run with what came", async () => {
    const cut: Turn = { text: "ha", cut: "text" };
    const one = await worked([cut, cut, cut, { text: "half", cut: "text" }, "never"]);
    expect(one.waits).toEqual([500, 1000]);
    expect(one.asked).toHaveLength(4);
    expect(one.asked[3]?.messages).toEqual(one.asked[0]?.messages);
    expect(ended(one)).toMatchObject({ outcome: "failed" });
    expect(answerIn(one.log.events)).toEqual({ text: "half", whole: false });
  });

  it("goes on from the calls that ran, and runs none again", async () => {
    const one = await worked([count(1, { cut: "calls" }), count(2), "done"]);
    expect(one.runs).toEqual([1, 2]);
    expect(lastWords(one, 1)).toBe("counted 1");
    expect(ended(one)).toMatchObject({ outcome: "done" });
  });

  it("has all its tries, whatever was mended before", async () => {
    const cut: Turn = { text: "ha", cut: "text" };
    const one = await worked([long("void"), cut, cut, cut, "whole"]);
    expect(ended(one)).toMatchObject({ outcome: "done" });
  });
});

describe("calls that cannot be run", () => {
  it("are explained with the schema the third time, and end the run the fifth", async () => {
    const one = await worked([1, 2, 3, 4, 5, 6].map((n) => raw(`{"n": ${n}`)));
    expect(one.asked.map((_, n) => lastWords(one, n).includes('fits {"type":"object","properties"'))).toEqual([
      false,
      false,
      false,
      true,
      false,
    ]);
    expect(one.runs).toEqual([]);
    const reason = "gpt-4o made calls that cannot be run 5 times in a row: the arguments of count are no JSON object.";
    expect(ended(one)).toMatchObject({ outcome: "failed", reason });
  });

  it("may call what there is not", async () => {
    const one = await worked(["a", "b", "c"].map((name) => raw("{}", name)).concat({ text: "I give up." }));
    expect(lastWords(one, 3)).toContain('There is no tool "c". There are: count.');
    expect(ended(one)).toMatchObject({ outcome: "done" });
  });

  it("are counted anew after one that ran", async () => {
    const bad = (n: number) => raw(`{"n": ${n}`);
    const one = await worked([bad(1), bad(2), count(3), bad(4), bad(5), "done"]);
    expect(one.log.events.filter((event) => event.type === "note")).toEqual([]);
    expect(ended(one)).toMatchObject({ outcome: "done" });
  });

  it("that are equal are a circle, told and ended as one", async () => {
    const one = recovering(() => raw("{"));
    await work(one);
    const notes = one.log.events.filter((event) => event.type === "note");
    expect(notes.map(({ by }) => by)).toEqual(["limits"]);
    expect(one.log.events.filter((event) => event.type === "ended")).toMatchObject([{ outcome: "limit" }]);
  });
});
