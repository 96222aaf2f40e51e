import { describe, expect, it } from "vitest";
import type { Delta, Event, Fact } from "../../src/core/event.js";
import { messages, UNANSWERED } from "../../src/core/fold.js";
import { Inbox } from "../../src/core/inbox.js";
import { memoryLog } from "../../src/core/log.js";
import { type Agent, run } from "../../src/core/loop.js";
import { plainText, text } from "../../src/core/message.js";
import type { Plugin } from "../../src/core/plugin.js";
import type { Effect, Tool, ToolContext } from "../../src/core/tool.js";
import { scriptedModel } from "../../src/models/scripted/model.js";
import type { Script } from "../../src/models/scripted/script.js";
import { expectValid } from "./valid.js";

type Item = Event | Delta;
type Probe = { input: { n?: number }; begun: () => void };

/** A tool that does what the test says; `effect` is a path it writes, reads, or a command. */
function tool(
  name: string,
  effect: Effect,
  run: (input: { n?: number }, context: ToolContext) => Promise<string>,
): Tool<Probe["input"]> {
  const input = { json: { type: "object" }, parse: (value: unknown) => value as Probe["input"] };
  return { name, description: name, input, effect: () => effect, run };
}

const read = (path: string): Effect => ({ kind: "read", subjects: [path] });
const write = (path: string): Effect => ({ kind: "write", subjects: [path] });
const quick = (name: string, effect: Effect = read("/w/a")) =>
  tool(name, effect, async ({ n }) => `${name} ${n ?? ""}`.trim());

function agent(script: Script, tools: Tool[] = [], plugins: Plugin[] = []): Agent {
  const log = memoryLog();
  log.append({ type: "session", version: 1, id: "s", cwd: "/w", system: "be good" });
  const inbox = new Inbox();
  inbox.post({ parts: [text("go")], from: "user" });
  return { log, inbox, model: scriptedModel(script), tools, plugins };
}

async function all(one: Agent, signal = new AbortController().signal): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of run(one, signal)) items.push(item);
  expectValid(messages(one.log.events));
  return items;
}

const facts = (one: Agent) => one.log.events.map((event) => event.type);
const results = (one: Agent) => one.log.events.filter((event) => event.type === "result");
const calls = (...names: string[]) => ({ calls: names.map((name, n) => ({ name, input: { n } })) });

function gate(): { opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe("run", () => {
  it("asks, runs what is called, and asks again until no call is left", async () => {
    const one = agent([calls("look"), "done"], [quick("look")]);
    await all(one);
    expect(facts(one)).toEqual(
      ["session", "prompt", "started", "result", "reply", "reply", "ended"].sort(byFirst(facts(one))),
    );
    expect(plainText(results(one)[0]?.parts ?? [])).toBe("look 0");
    expect(one.log.events.at(-1)).toMatchObject({ type: "ended", outcome: "done" });
  });

  it("yields each fact once, in the log's order, and the deltas between them", async () => {
    const one = agent([{ text: "hello" }]);
    const items = await all(one);
    const events = items.filter((item) => "seq" in item);
    expect(events).toEqual(one.log.events.slice(1));
    expect(items.some((item) => item.type === "text" && item.text === "hello")).toBe(true);
  });

  it("gives results to the model in reply order, though the second ended first", async () => {
    const first = gate();
    const slow = tool("slow", read("/w/a"), async () => {
      await first.opened;
      return "slow";
    });
    const fast = tool("fast", read("/w/a"), async () => {
      first.open();
      return "fast";
    });
    const one = agent([calls("slow", "fast"), "done"], [slow, fast]);
    await all(one);
    const told = messages(one.log.events).filter((message) => message.role === "tool");
    expect(told.map((message) => plainText(message.parts))).toEqual(["slow", "fast"]);
    expect(results(one).map((event) => plainText(event.parts))).toEqual(["fast", "slow"]);
  });

  it("keeps the order of calls that conflict: a read after a write of the same path sees it", async () => {
    let content = "old";
    const writer = tool("write", write("/w/a"), async () => {
      await new Promise((resolve) => setImmediate(resolve));
      content = "new";
      return "written";
    });
    const reader = tool("read", read("/w"), async () => content);
    const one = agent([calls("read", "write", "read"), "done"], [writer, reader]);
    await all(one);
    const told = messages(one.log.events).filter((message) => message.role === "tool");
    expect(told.map((message) => plainText(message.parts))).toEqual(["old", "written", "new"]);
  });

  it("runs a command alone: what comes before it has ended, what comes after it has not begun", async () => {
    const seen: string[] = [];
    const slowly = (name: string, effect: Effect) =>
      tool(name, effect, async () => {
        seen.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(`${name} ends`);
        return "";
      });
    const tools = [slowly("read", read("/w/a")), slowly("run", { kind: "run", subjects: ["make"] })];
    await all(agent([calls("read", "run", "read"), "done"], tools));
    expect(seen).toEqual(["read begins", "read ends", "run begins", "run ends", "read begins", "read ends"]);
  });

  it("starts a call while the model still talks", async () => {
    const ran = gate();
    const probe = tool("probe", read("/w/a"), async () => {
      ran.open();
      return "ran";
    });
    const one = agent([{ ...calls("probe"), hold: 60_000 }, "done"], [probe]);
    const stop = new AbortController();
    const ended = all(one, stop.signal);
    await ran.opened;
    expect(facts(one)).not.toContain("reply");
    stop.abort("enough");
    await ended;
    expect(results(one)).toHaveLength(1);
    expect(one.log.events.at(-1)).toMatchObject({ type: "ended", outcome: "aborted", reason: "enough" });
  });

  it("runs at most eight calls at once", async () => {
    let [now, most] = [0, 0];
    const probe = tool("probe", read("/w/a"), async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return "";
    });
    const one = agent([calls(...Array.from({ length: 20 }, () => "probe")), "done"], [probe]);
    await all(one);
    expect(results(one)).toHaveLength(20);
    expect(most).toBe(8);
  });

  it("answers an unknown tool, malformed arguments, a refused input and a thrown error, one result each", async () => {
    const picky = {
      ...quick("picky"),
      input: { json: {}, parse: () => Promise.reject(new Error("n is missing (a number).")) },
    };
    const broken = tool("broken", read("/w/a"), () => Promise.reject(new Error("no such file")));
    const script = [
      {
        calls: [
          { name: "foo", input: {} },
          { name: "picky", input: {} },
          { name: "broken", input: {} },
          { name: "broken", input: {}, raw: '{"n": ' },
        ],
      },
      "done",
    ];
    const one = agent(script, [picky, broken]);
    await all(one);
    const words = messages(one.log.events).flatMap((message) =>
      message.role === "tool" ? [plainText(message.parts)] : [],
    );
    expect(words[0]).toContain('no tool "foo"');
    expect(words[1]).toBe("picky: n is missing (a number).");
    expect(words[2]).toBe("no such file");
    expect(words[3]).toContain("not a JSON object");
    expect(results(one).every((event) => event.failed)).toBe(true);
  });

  it("gives calls of different replies different ids, though the provider repeats them", async () => {
    const repeated = { calls: [{ id: "call_0", name: "look", input: {} }] };
    const one = agent([repeated, repeated, "done"], [quick("look")]);
    await all(one);
    expect(results(one).map((event) => event.callId)).toEqual(["call_0", "call_0_2"]);
  });

  it("records what came of a broken stream and goes on from it, running nothing twice", async () => {
    let runs = 0;
    const probe = tool("probe", read("/w/a"), async () => {
      runs += 1;
      return `run ${runs}`;
    });
    const again: Plugin = { name: "again", afterFailure: () => ({ type: "retried", reason: "cut", attempt: 1 }) };
    const one = agent([{ text: "I look", ...calls("probe"), cut: "calls" }, "done"], [probe], [again]);
    await all(one);
    expect(runs).toBe(1);
    expect(one.log.events.find((event) => event.type === "reply")).toMatchObject({
      stop: "cut",
      parts: [{ text: "I look" }, { name: "probe" }],
    });
    expect(one.log.events.at(-1)).toMatchObject({ outcome: "done" });
  });

  it("ends failed, with the reason, when the model cannot answer and no plugin helps", async () => {
    const one = agent([{ error: { status: 400, message: "bad request" } }]);
    await all(one);
    expect(one.log.events.at(-1)).toMatchObject({
      type: "ended",
      outcome: "failed",
      reason: expect.stringContaining("bad request"),
    });
  });

  it("picks up what was posted during a step at the next one", async () => {
    const one = agent([calls("look"), "done", "and done"]);
    const tools = [
      tool("look", read("/w/a"), async () => {
        one.inbox.post({ parts: [text("also this")], from: "user" });
        return "seen";
      }),
    ];
    await all({ ...one, tools });
    const prompts = one.log.events.filter((event) => event.type === "prompt").map((event) => plainText(event.parts));
    expect(prompts).toEqual(["go", "also this"]);
  });

  it("does not stop while mail waits", async () => {
    const one = agent(["first", "second"]);
    const post: Plugin = {
      name: "post",
      onEvent: (event) =>
        event.type === "reply" &&
        event.seq === 2 &&
        (one.inbox.post({ parts: [text("one more")], from: "user" }) as never),
    };
    await all({ ...one, plugins: [post] });
    expect(facts(one)).toEqual(["session", "prompt", "reply", "prompt", "reply", "ended"]);
  });

  it("stops everything when the reader leaves: the tool's signal fires and the end is recorded", async () => {
    const begun = gate();
    let aborted = false;
    const waits = tool("waits", read("/w/a"), (_, { signal }) => {
      begun.open();
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          aborted = true;
          reject(new Error("Interrupted."));
        }),
      );
    });
    const one = agent([calls("waits"), "done"], [waits]);
    for await (const item of run(one, new AbortController().signal)) if (item.type === "started") break;
    await begun.opened;
    expect(aborted).toBe(true);
    expect(results(one)).toHaveLength(1);
    expect(one.log.events.at(-1)).toMatchObject({ type: "ended", outcome: "aborted" });
    expectValid(messages(one.log.events));
  });

  it("answers calls that an abort kept from starting", async () => {
    const stop = new AbortController();
    const blocks = tool("blocks", write("/w/a"), async (_, { signal }) => {
      stop.abort("SIGINT");
      return signal.aborted ? "stopped" : "not stopped";
    });
    const one = agent([calls("blocks", "blocks"), "done"], [blocks]);
    await all(one, stop.signal);
    expect(results(one).map((event) => plainText(event.parts))).toEqual(["stopped", "Not run: the user interrupted."]);
  });

  it("is valid at every moment of a crash: each prefix of a real run goes on", async () => {
    const one = agent([calls("look", "look"), { text: "and", ...calls("look") }, "done"], [quick("look")]);
    await all(one);
    for (let end = 1; end <= one.log.events.length; end += 1) {
      const log = memoryLog(one.log.events.slice(0, end));
      const resumed: Agent = { ...one, log, inbox: new Inbox(), model: scriptedModel(["resumed"]) };
      resumed.inbox.post({ parts: [text("go on")], from: "user" });
      await all(resumed);
      expect(log.events.at(-1)).toMatchObject({ outcome: "done" });
    }
    expect(UNANSWERED).toContain("check before relying on it");
  });
});

describe("plugins", () => {
  const note = (by: string): Fact => ({ type: "note", text: `from ${by}`, by });

  it("add facts before a step, in list order, and the model reads them", async () => {
    const one = agent(
      ["done"],
      [],
      [
        { name: "slow", beforeStep: async () => note("slow") },
        { name: "fast", beforeStep: () => note("fast") },
      ],
    );
    await all(one);
    const [user] = messages(one.log.events);
    expect(plainText(user?.parts ?? [])).toBe("gofrom slowfrom fast");
  });

  it("end a run before a step", async () => {
    const one = agent(
      ["never"],
      [],
      [{ name: "limit", beforeStep: () => ({ type: "ended", outcome: "limit", reason: "max_turns" }) }],
    );
    await all(one);
    expect(facts(one)).toEqual(["session", "prompt", "ended"]);
  });

  it("asks again without an answer that a plugin took back, with the limit it raised", async () => {
    const again: Plugin = {
      name: "again",
      beforeStop: ({ events }) => {
        const newest = events.at(-1);
        if (newest?.type !== "reply" || newest.stop !== "length") return undefined;
        const raised: Fact = { type: "state", key: "maxOutput", value: 9000 };
        return [raised, { type: "retried", reason: "too short", attempt: 1, voids: newest.seq }];
      },
    };
    const one = agent([{ text: "half an", stop: "length" }, "a whole answer"], [], [again]);
    await all({ ...one, maxOutput: 1000 });
    const { requests } = one.model as ReturnType<typeof scriptedModel>;
    expect(requests.map((request) => request.maxOutput)).toEqual([1000, 9000]);
    expect(requests[1]?.messages).toEqual(requests[0]?.messages);
  });

  it("send a model that wants to stop back to work", async () => {
    let times = 0;
    const beforeStop = () => {
      times += 1;
      return times < 3 ? note("door") : undefined;
    };
    const door: Plugin = { name: "door", beforeStop };
    const one = agent(["a", "b", "c"], [], [door]);
    await all(one);
    expect(one.log.events.filter((event) => event.type === "reply")).toHaveLength(3);
  });

  it("may take mail while the model wants to stop: it is read before the end", async () => {
    const one = agent(["first", "second"]);
    let asked = false;
    const beforeStop = () => {
      if (!asked) one.inbox.post({ parts: [text("one more")], from: "user" });
      asked = true;
      return undefined;
    };
    await all({ ...one, plugins: [{ name: "late", beforeStop }] });
    expect(facts(one)).toEqual(["session", "prompt", "reply", "prompt", "reply", "ended"]);
  });

  it("wrap tools, the first in the list outermost", async () => {
    const mark = (name: string): Plugin => ({
      name,
      wrapTool: (inner) => ({ ...inner, run: async (input, context) => `${name}(${await inner.run(input, context)})` }),
    });
    const one = agent([calls("look"), "done"], [quick("look")], [mark("outer"), mark("inner")]);
    await all(one);
    expect(plainText(results(one)[0]?.parts ?? [])).toBe("outer(inner(look 0))");
  });

  it("bring tools of their own and hear every event", async () => {
    const heard: string[] = [];
    const one = agent(
      [calls("own"), "done"],
      [],
      [{ name: "own", tools: () => [quick("own")], onEvent: (event) => void heard.push(event.type) }],
    );
    await all(one);
    expect(heard).toEqual(facts(one).slice(1));
    expect(results(one)[0]?.failed).toBe(false);
  });
});

// `started` and `result` may come before or after `reply`: compare as multisets, in the order that came
function byFirst(order: readonly string[]) {
  return (a: string, b: string) => order.indexOf(a) - order.indexOf(b);
}
