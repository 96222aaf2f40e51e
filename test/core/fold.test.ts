import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event, Fact } from "../../src/core/event.js";
import { NO_USAGE } from "../../src/core/event.js";
import { follower, messages, sinceLastEnd, state, UNANSWERED, usage } from "../../src/core/fold.js";
import { memoryLog } from "../../src/core/log.js";
import { type Call, text } from "../../src/core/message.js";
import { expectValid } from "./valid.js";

const call = (id: string): Call => ({ type: "call", id, name: "bash", input: { command: id } });
const prompt = (words: string): Fact => ({ type: "prompt", parts: [text(words)], from: "user" });
const reply = (...ids: string[]): Fact => ({
  type: "reply",
  parts: ids.length > 0 ? ids.map(call) : [text("done")],
  stop: ids.length > 0 ? "calls" : "end",
  model: "m",
  usage: { ...NO_USAGE, input: 3, output: 1 },
});
const started = (id: string, withCall = false): Fact => ({
  type: "started",
  callId: id,
  name: "bash",
  ...(withCall && { call: call(id) }),
});
const result = (id: string): Fact => ({ type: "result", callId: id, parts: [text(`result of ${id}`)], failed: false });

function log(...facts: Fact[]): readonly Event[] {
  const kept = memoryLog();
  for (const fact of [{ type: "session", version: 1, id: "s", cwd: "/", system: "" } as const, ...facts])
    kept.append(fact);
  return kept.events;
}

const RUN = log(
  prompt("go"),
  started("a", true),
  result("a"),
  reply("a", "b", "c"),
  started("b"),
  result("c"),
  result("b"),
  { type: "note", text: "remember", by: "todo" },
  reply(),
  prompt("more"),
  reply("d"),
  result("d"),
  { type: "retried", reason: "cut", attempt: 1 },
  { type: "trimmed", texts: { d: "short" } },
  { type: "compacted", summary: "so far", upto: 5, keeps: [1] },
  reply("e"),
  result("e"),
  { type: "retried", reason: "undone", attempt: 1, voids: 15 },
  { type: "ended", outcome: "done" },
);

describe("messages", () => {
  it("answers calls in call order, whatever order their results came in", () => {
    const told = messages(log(prompt("go"), reply("a", "b"), result("b"), result("a")));
    expect(told.map((each) => (each.role === "tool" ? each.callId : each.role))).toEqual([
      "user",
      "assistant",
      "a",
      "b",
    ]);
  });

  it("answers a call that has no result, and says that it may have taken effect", () => {
    const told = messages(log(prompt("go"), reply("a", "b"), result("a")));
    expect(told.at(-1)).toEqual({ role: "tool", callId: "b", parts: [text(UNANSWERED)], failed: true });
  });

  it("keeps a call that started before its reply was recorded", () => {
    const told = messages(log(prompt("go"), started("a", true), result("a")));
    expect(told.slice(1)).toEqual([
      { role: "assistant", parts: [call("a")] },
      { role: "tool", callId: "a", parts: [text("result of a")], failed: false },
    ]);
  });

  it("makes one user message of prompts and notes with no reply between them", () => {
    const told = messages(log(prompt("one"), { type: "note", text: "two", by: "x" }, prompt("three")));
    expect(told).toEqual([{ role: "user", parts: [text("one"), text("two"), text("three")] }]);
  });

  it("leaves a voided reply out", () => {
    const told = messages(log(prompt("go"), reply(), { type: "retried", reason: "cut", attempt: 1, voids: 2 }));
    expect(told.map((each) => each.role)).toEqual(["user"]);
  });

  it("begins with the summary after a compaction and keeps what came later", () => {
    const told = messages(
      log(
        prompt("go"),
        reply("a"),
        result("a"),
        reply("b"),
        { type: "compacted", summary: "so far", upto: 3 },
        result("b"),
      ),
    );
    expect(told.map((each) => each.role)).toEqual(["user", "assistant", "tool"]);
    expect(told[0]).toEqual({ role: "user", parts: [text("so far")] });
  });

  it("tells the prompts that a compaction keeps after its summary, word for word", () => {
    const told = messages(
      log(
        prompt("old"),
        reply(),
        prompt("open"),
        { type: "note", text: "a rule", by: "x" },
        reply("a"),
        result("a"),
        { type: "compacted", summary: "so far", upto: 6, keeps: [3, 4, 5] },
        reply("b"),
        result("b"),
      ),
    );
    expect(told[0]).toEqual({ role: "user", parts: [text("so far"), text("open"), text("a rule")] });
    expect(told.map((each) => each.role)).toEqual(["user", "assistant", "tool"]);
  });

  it("tells other words in place of a trimmed result, for good", () => {
    const all = log(
      prompt("go"),
      reply("a", "b"),
      result("a"),
      result("b"),
      { type: "trimmed", texts: { a: "short a" } },
      { type: "trimmed", texts: { b: "short b" } },
    );
    const said = (events: readonly Event[]) =>
      messages(events).flatMap((each) => (each.role === "tool" ? each.parts : []));
    expect(said(all.slice(0, 6))).toEqual([text("short a"), text("result of b")]);
    expect(said(all)).toEqual([text("short a"), text("short b")]);
  });

  it("takes back a compaction and a trim that were voided", () => {
    const all = [prompt("go"), reply("a"), result("a")] as const;
    const undo = (voids: number): Fact => ({ type: "retried", reason: "undone", attempt: 1, voids });
    const before = messages(log(...all));
    expect(messages(log(...all, { type: "compacted", summary: "so far", upto: 3 }, undo(4)))).toEqual(before);
    expect(messages(log(...all, { type: "trimmed", texts: { a: "short" } }, undo(4)))).toEqual(before);
  });

  it("gives the same message object for the same event, so that it is serialised once", () => {
    const [first, second] = [messages(RUN.slice(0, 8)), messages(RUN.slice(0, 9))];
    for (const [index, message] of first.slice(0, -1).entries()) expect(second[index]).toBe(message);
  });

  it("is valid for every prefix of a run", () => {
    for (let end = 0; end <= RUN.length; end += 1) expectValid(messages(RUN.slice(0, end)));
  });

  it("is valid for any log with records dropped, doubled or in another order", () => {
    const mutilated = fc.array(fc.nat(RUN.length - 1), { maxLength: 30 });
    fc.assert(
      fc.property(mutilated, (picks) => {
        expectValid(messages(picks.flatMap((pick) => RUN[pick] ?? [])));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("follower", () => {
  it("tells what messages tells, at every length of a log that grows, whatever is in it", () => {
    const steps = fc.array(fc.tuple(fc.nat(RUN.length - 1), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (picks) => {
        const growing: Event[] = [];
        const follow = follower();
        for (const [pick, look] of picks) {
          growing.push(...RUN.slice(pick, pick + 1));
          if (look) expect(follow(growing)).toEqual(messages([...growing]));
        }
        expect(follow(growing)).toEqual(messages([...growing]));
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps apart what it gave before and what another log tells", () => {
    const follow = follower();
    const one = [...RUN.slice(0, 2)];
    const before = follow(one);
    one.push(...RUN.slice(2, 10));
    expect(follow(one)).toEqual(messages(one));
    expect(before).toEqual(messages(RUN.slice(0, 2)));
    expect(follow(RUN)).toEqual(messages(RUN));
  });
});

describe("readings", () => {
  it("adds up the tokens of replies and side requests", () => {
    const events = log(reply(), { type: "spent", usage: { ...NO_USAGE, output: 5 }, model: "m", on: "summary" });
    expect(usage(events)).toEqual({ ...NO_USAGE, input: 3, output: 6 });
  });

  it("takes the last value of a key", () => {
    const set = (value: string): Fact => ({ type: "state", key: "mode", value });
    expect(state(log(set("auto"), set("plan")), "mode")).toBe("plan");
    expect(state(log(), "mode")).toBeUndefined();
  });

  it("finds the newest run, ended or not", () => {
    const ended: Fact = { type: "ended", outcome: "done" };
    const types = (events: readonly Event[]) => sinceLastEnd(events).map((event) => event.type);
    expect(types(log(prompt("1"), ended, prompt("2"), reply()))).toEqual(["prompt", "reply"]);
    expect(types(log(prompt("1"), ended, prompt("2"), reply(), ended))).toEqual(["prompt", "reply", "ended"]);
  });
});
