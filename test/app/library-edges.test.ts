import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AgentOptions, ChatAgent, Plugin } from "../../src/index.js";
import { createAgent, defineTool, last, run, runGoal, text } from "../../src/index.js";
import { scriptedModel } from "../../src/testing.js";
import { processesWith } from "../cli/nanocoder.js";

const folder = () => realpathSync(mkdtempSync(join(tmpdir(), "edges-")));
const number = () => `33${Math.floor(Math.random() * 1e9)}`;
const call = (name: string, input = {}) => ({ calls: [{ name, input }] });
const sleep = (seconds: string) => call("bash", { command: `sleep ${seconds}` });
const agentOf = (more: Partial<AgentOptions> = {}) =>
  createAgent({ cwd: folder(), home: folder(), model: scriptedModel(() => "x"), ...more } as AgentOptions);
const mistaken = (options: object) => agentOf(options);
const kinds = ({ log }: ChatAgent) => log.events.map(({ type }) => type);
const post = ({ inbox }: ChatAgent, words: string) => inbox.post({ parts: [text(words)], from: "user" });

async function all(agent: ChatAgent): Promise<string[]> {
  const seen: string[] = [];
  for await (const item of run(agent, new AbortController().signal)) seen.push(item.type);
  return seen;
}

describe("a reader that leaves", () => {
  it("ends the run: the command is dead, `ended` stands in the log, and the next words are heard", async () => {
    const seconds = number();
    const agent = await agentOf({ model: scriptedModel([sleep(seconds), "heard"]), permissionMode: "auto" });
    post(agent, "go");
    for await (const item of run(agent, new AbortController().signal)) {
      if (item.type === "started") break;
    }
    expect(processesWith(`sleep\0${seconds}`)).toEqual([]);
    expect(last(agent.log.events, "ended")).toMatchObject({ outcome: "aborted" });
    expect(await agent.chat("and now?")).toBe("heard");
  });

  it("by an error in what sees, is heard of, and the agent goes on", async () => {
    const agent = await agentOf();
    const see = () => {
      throw new Error("cannot see");
    };
    await expect(agent.chat("x", { see })).rejects.toThrow("cannot see");
    expect(kinds(agent).at(-1)).toBe("ended");
    expect(await agent.chat("x")).toBe("x");
  });
});

describe("one run at a time", () => {
  it("is kept: a second one of the same log, or a chat beside it, is refused and takes nothing from the first", async () => {
    const agent = await agentOf();
    post(agent, "a");
    const first = run(agent, new AbortController().signal);
    await first.next();
    await expect(all(agent)).rejects.toThrow("still works");
    await expect(agent.chat("b")).rejects.toThrow("still works");
    let step = await first.next();
    while (!step.done) step = await first.next();
    expect(step.value).toBe("done");
    expect(kinds(agent).filter((kind) => kind !== "state")).toEqual(["session", "prompt", "reply", "ended"]);
    expect(await agent.chat("c")).toBe("x");
  });

  it("is ended by close, with its command; what comes after is refused in words", async () => {
    const seconds = number();
    const agent = await agentOf({ model: scriptedModel([sleep(seconds), "never"]), permissionMode: "auto" });
    const began = performance.now();
    let closing: Promise<void> | undefined;
    const see = ({ type }: { type: string }) => {
      if (type === "started") closing = agent.close();
    };
    await expect(agent.chat("go", { see })).rejects.toThrow("the agent was closed");
    await closing;
    // it was ended, not waited for
    expect(performance.now() - began).toBeLessThan(2500);
    expect(processesWith(`sleep\0${seconds}`)).toEqual([]);
    await expect(agent.chat("x")).rejects.toThrow("The agent is closed");
    await expect(all(agent)).rejects.toThrow("The agent is closed");
    await agent.close();
  });

  it("may be closed from inside of its own tool", async () => {
    const box: { agent?: ChatAgent } = {};
    const leave = defineTool({
      name: "leave",
      description: "Leave.",
      input: { type: "object" },
      run: async () => {
        await box.agent?.close();
        return "left";
      },
    });
    box.agent = await agentOf({ model: scriptedModel([call("leave"), "never"]), tools: [leave] });
    await expect(box.agent.chat("go")).rejects.toThrow("the agent was closed");
  });
});

describe("what breaks", () => {
  it("in a tool is a failure that the model reads; what is no result is told by the tool's name", async () => {
    const made = (name: string, run: () => unknown) =>
      defineTool({ name, description: name, input: { type: "object" }, run: run as () => string });
    const boom = made("boom", () => {
      throw new Error("kaputt");
    });
    const tools = [boom, made("nothing", () => undefined), made("object", () => ({ a: 1 })), made("none", () => null)];
    const calls = tools.map(({ name }) => ({ name, input: {} }));
    const agent = await agentOf({ model: scriptedModel([{ calls }, ({ results }) => results.join("\n")]), tools });
    expect((await agent.chat("go")).split("\n")).toEqual([
      "kaputt",
      expect.stringContaining("The tool nothing gave undefined where words or { parts: [...] } are wanted"),
      expect.stringContaining("The tool object gave an object without parts"),
      expect.stringContaining("The tool none gave null"),
    ]);
  });

  it("in a plugin ends the run with its words, the others' ends are awaited, and the session is let go of", async () => {
    const log = join(folder(), "talk.jsonl");
    const ended: string[] = [];
    const broken: Plugin = {
      name: "broken",
      beforeStop() {
        throw new Error("no stop");
      },
      async close() {
        throw new Error("no end");
      },
    };
    const slow: Plugin = {
      name: "slow",
      async close() {
        await new Promise((resolve) => setTimeout(resolve, 50));
        ended.push("slow");
      },
    };
    const agent = await agentOf({ plugins: [broken, slow], log });
    await expect(agent.chat("x")).rejects.toThrow("no stop");
    expect(kinds(agent).at(-1)).toBe("ended");
    await expect(agent.close()).rejects.toThrow("no end");
    expect(ended).toEqual(["slow"]);
    const again = await agentOf({ log });
    expect(await again.chat("y")).toBe("x");
  });
});

describe("options that cannot be", () => {
  it.each<[string, object, string]>([
    [
      "an unknown name",
      { permisionMode: "auto" },
      'there is no option "permisionMode". Did you mean "permissionMode"?',
    ],
    ["a tool that is none", { tools: [{ name: "x" }] }, "tools[0] is no tool: make it with defineTool."],
    ["a plugin that is none", { plugins: [() => 1] }, "plugins[0] wants an object with a name and moments"],
    ["a model that is none", { model: {} }, "model wants an object with id, window and stream"],
    ["a cheap model that is none", { cheapModel: { id: "x" } }, "cheapModel wants an object with id"],
  ])("are told in a sentence: %s", async (_, options, words) => {
    await expect(mistaken(options)).rejects.toMatchObject({
      name: "UsageError",
      message: expect.stringContaining(words),
    });
  });

  it("are told in a sentence: a tool with the name of another one, none at all, and words that say nothing", async () => {
    const own = (name: string) =>
      defineTool({ name, description: "mine", input: { type: "object" }, run: () => "mine" });
    await expect(mistaken({ tools: [own("bash")] })).rejects.toThrow('tools[0]: there is a tool "bash" already');
    await expect(mistaken({ tools: [own("a"), own("a")] })).rejects.toThrow('tools[1]: there is a tool "a" already');
    const agent = await agentOf({ tools: [own("bash"), own("remember")], builtins: ["read_file"] });
    expect(agent.tools.map(({ name }) => name)).toEqual(["read_file", "bash", "remember"]);
    await expect((createAgent as () => Promise<unknown>)()).rejects.toThrow("createAgent wants an object of options");
    const goal = { model: scriptedModel(["x"]), goal: "x", criteria: ["y"], protected: ["z"] };
    await expect(runGoal(goal)).rejects.toThrow('runGoal: there is no option "protected". Did you mean "protect"?');
    for (const nothing of ["", " \n", []]) await expect(agent.chat(nothing)).rejects.toThrow("the words are empty");
    await expect(agent.chat(5 as never)).rejects.toThrow("chat wants words");
  });

  it("name any tool that an agent has by itself", async () => {
    const all = (await agentOf({ instructions: true, memory: true })).tools.map(({ name }) => name);
    const agent = await agentOf({ instructions: true, memory: true, builtins: all as [] });
    expect(agent.tools.map(({ name }) => name)).toEqual(all);
    const few = await agentOf({ builtins: ["todo_write", "agent", "job", "load_skill"] });
    expect(few.tools.map(({ name }) => name)).toEqual(["job", "todo_write", "agent"]);
  });
});
