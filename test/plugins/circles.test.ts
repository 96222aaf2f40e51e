import { describe, expect, it } from "vitest";
import type { Event, Fact } from "../../src/core/event.js";
import { NO_USAGE } from "../../src/core/event.js";
import { messages } from "../../src/core/fold.js";
import { Inbox } from "../../src/core/inbox.js";
import { type Log, memoryLog } from "../../src/core/log.js";
import { run } from "../../src/core/loop.js";
import { type Json, plainText, text } from "../../src/core/message.js";
import type { Session } from "../../src/core/session.js";
import type { Tool } from "../../src/core/tool.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import type { Script } from "../../src/models/scripted/script.js";
import { limits } from "../../src/plugins/limits.js";

/** A tool that answers what the test says. */
function tool(name: string, answer: (input: Json) => string): Tool<Json> {
  return {
    name,
    description: name,
    input: { json: { type: "object" }, parse: (input) => input },
    effect: () => ({ kind: "none", subjects: [] }),
    run: async (input) => answer(input),
  };
}

const same = tool("same", () => "as ever");
const other = tool("other", () => "as ever");

function counter(name: string): Tool<Json> {
  let n = 0;
  return tool(name, () => `${++n}`);
}

async function work(script: Script, log: Log = memoryLog(), tools = [same, other, counter("next")]) {
  if (log.events.length === 0) log.append({ type: "session", version: 1, id: "s", cwd: "/w", system: "" });
  const model = scriptedModel(script);
  const inbox = new Inbox();
  inbox.post({ parts: [text("go")], from: "user" });
  for await (const _ of run({ log, inbox, model, tools, plugins: [limits({})] }, new AbortController().signal));
  const notes = log.events.flatMap((event) => (event.type === "note" ? [event.text] : []));
  return { requests: model.requests.length, notes, ended: log.events.at(-1), events: log.events };
}

const call = (name: string, input: Json = {}) => ({ name, input });
const each = (...names: string[]) => names.map((name) => ({ calls: [call(name)] }));
const long = (...names: string[]): Script => Array.from({ length: 9 }, () => each(...names)).flat();

describe("a run that goes in circles", () => {
  it("is told after three equal calls with equal results, and ended after two more", async () => {
    const { requests, notes, ended, events } = await work(long("same"));
    expect(requests).toBe(5);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain("same {} gave the same result 3 times in a row");
    expect(notes[0]).toContain("another way");
    expect(events.filter((event) => event.type === "reply" || event.type === "note").map(({ type }) => type)).toEqual([
      "reply",
      "reply",
      "reply",
      "note",
      "reply",
      "reply",
    ]);
    expect(ended).toMatchObject({
      type: "ended",
      outcome: "limit",
      reason: "going in circles: same {} gave the same result 5 times in a row",
    });
  });

  it("is told what the model reads before it is asked again", async () => {
    const { events } = await work([...each("same", "same", "same"), "I give up."]);
    const asked = messages(events).findLast((message) => message.role === "user");
    expect(plainText(asked?.parts ?? [])).toContain("You are going in circles");
    expect(events.at(-1)).toMatchObject({ outcome: "done" });
  });

  it("is seen when two calls alternate", async () => {
    const { requests, notes, ended } = await work(long("same", "other"));
    expect(requests).toBe(10);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain("same {} and other {} gave the same result 3 times");
    expect(ended).toMatchObject({ outcome: "limit", reason: expect.stringContaining("5 times in a row") });
  });

  it("is seen though the keys of the arguments change places, and though a call names no tool", async () => {
    const inputs: Json[] = [
      { a: 1, b: { c: 2, d: 3 } },
      { b: { d: 3, c: 2 }, a: 1 },
      { a: 1, b: { c: 2, d: 3 } },
    ];
    expect((await work([...inputs.map((input) => ({ calls: [call("same", input)] })), "ok"])).notes).toHaveLength(1);
    expect((await work(long("invented"))).requests).toBe(5);
    expect((await work(Array(9).fill({ calls: [{ name: "same", raw: '{"a":' }] }))).requests).toBe(5);
  });

  it("is seen when each answer makes several calls", async () => {
    expect((await work(Array(9).fill({ calls: [call("same", { n: 1 }), call("other"), call("same")] }))).requests).toBe(
      5,
    );
  });

  it("counts calls made at once as one: their results were not known yet", async () => {
    const many = { calls: Array.from({ length: 6 }, () => call("same")) };
    expect((await work([many, many, "ok"])).notes).toEqual([]);
    expect((await work([many, ...each("same"), many, "ok"])).notes).toHaveLength(1);
  });

  it("may be told again when it left one circle for another", async () => {
    const script = [...each("same", "same", "same", "next", "other", "other", "other"), "ok"];
    const { notes, ended } = await work(script);
    expect(notes).toHaveLength(2);
    expect(ended).toMatchObject({ outcome: "done" });
  });
});

describe("runs that only news of background work began", () => {
  // each answer starts the same work, whose end is the next news
  async function woken(ms: number): Promise<readonly Event[]> {
    const log = memoryLog();
    log.append({ type: "session", version: 1, id: "s", cwd: "/w", system: "" });
    const model = scriptedModel(({ messages }) =>
      messages.at(-1)?.role === "user" ? { calls: [call("start")] } : { text: "it runs" },
    );
    let jobs = 0;
    const start = {
      ...tool("start", () => ""),
      run: async () => {
        jobs += 1;
        return { parts: [text(`Started as bg_${jobs}.`)], details: { background: `bg_${jobs}` } };
      },
    };
    const plugins = [limits({})];
    for (let n = 0; n < 12 && log.events.at(-1)?.type !== "note"; n += 1) {
      const inbox = new Inbox();
      inbox.post({ parts: [text(`bg_${n} completed`)], from: n === 0 ? "user" : "job" });
      for await (const _ of run({ log, inbox, model, tools: [start], plugins }, new AbortController().signal));
      log.append({ type: "state", key: `job:bg_${jobs}`, value: { status: "completed", ms } });
    }
    return log.events;
  }
  const ends = (events: readonly Event[]) =>
    events.flatMap((event) => (event.type === "ended" && event.outcome === "limit" ? [event.reason] : []));

  it("are one circle, whatever the work is called each time", async () => {
    const events = await woken(100);
    expect(events.filter((event) => event.type === "note")).toHaveLength(1);
    expect(ends(events)[0]).toContain("going in circles: start {} gave the same result 5 times in a row");
  });

  it("are none where the work takes its time: that is polling", async () => {
    expect(ends(await woken(2000))).toEqual([]);
  });
});

describe("a run that does not go in circles", () => {
  it.each([
    ["two equal calls", each("same", "same")],
    ["two rounds of two", each("same", "other", "same", "other")],
    ["other calls between", each("same", "next", "same", "next", "same", "next", "same", "next")],
    ["results that differ: polling", each("next", "next", "next", "next", "next", "next", "next")],
    ["arguments that differ", [1, 2, 3, 4, 5, 6].map((n) => ({ calls: [call("same", { n })] }))],
  ])("%s", async (_, script) => {
    const { notes, ended } = await work([...script, "done"]);
    expect(notes).toEqual([]);
    expect(ended).toMatchObject({ outcome: "done" });
  });

  it("is not told of what it did for an earlier prompt", async () => {
    const log = memoryLog();
    await work([...each("same", "same"), "done"], log);
    expect((await work([...each("same"), "done"], log)).notes).toEqual([]);
    const crashed = memoryLog(log.events.filter((event) => event.type !== "ended"));
    expect((await work([...each("same"), "done"], crashed)).notes).toEqual([]);
  });

  it.each([
    [1999, "note"],
    [2000, undefined],
  ])("waits by a call of %i ms: %s", async (ms, expected) => {
    const events = logOf(6, (n) => (n % 2 === 1 ? ms : 5));
    const said = await limits({}).beforeStep?.(session(events));
    expect(said && "type" in said ? said.type : said).toBe(expected);
  });
});

it("reads each event once", async () => {
  const plugin = limits({});
  let reads = 0;
  const events = logOf(4000, () => 5).map(
    (event) =>
      new Proxy(event, {
        get(target, key) {
          reads += 1;
          return Reflect.get(target, key);
        },
      }),
  );
  const first = await plugin.beforeStep?.(session(events));
  expect(first).toMatchObject({ type: "note" });
  expect(reads).toBeGreaterThan(4000);
  reads = 0;
  events.push(...logOf(1, () => 5).slice(-2));
  await plugin.beforeStep?.(session(events));
  expect(reads).toBe(0);
});

const session = (events: readonly Event[]): Session => ({
  events,
  model: scriptedModel([]),
  cwd: "/w",
  signal: new AbortController().signal,
  emit: () => undefined,
});

/** A run of so many equal calls, of which each took as long as the test says. */
function logOf(calls: number, ms: (n: number) => number): Event[] {
  const facts = Array.from({ length: calls }, (_, n): Fact[] => [
    { type: "result", callId: `c${n}`, parts: [text("as ever")], failed: false, ms: ms(n) },
    {
      type: "reply",
      parts: [{ type: "call", id: `c${n}`, name: "same", input: {} }],
      stop: "calls",
      model: "m",
      usage: NO_USAGE,
    },
  ]);
  return facts.flat().map((fact, seq) => ({ ...fact, seq, at: 0 }));
}
