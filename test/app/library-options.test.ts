import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AgentOptions, Event } from "../../src/index.js";
import { createAgent, state, text } from "../../src/index.js";
import { modelServer, scriptedModel } from "../../src/testing.js";

const folder = () => realpathSync(mkdtempSync(join(tmpdir(), "options-")));
const call = (name: string, input: { [key: string]: string }) => ({ calls: [{ name, input }] });
const touch = call("bash", { command: "touch made" });
const PIXEL = "iVBORw0KGgo=";

// what a run with these options leaves in its workspace
async function leaves(options: Partial<AgentOptions>, step = touch): Promise<string[]> {
  const cwd = options.cwd ?? folder();
  const agent = await createAgent({
    cwd,
    home: folder(),
    model: scriptedModel([step, "ok"]),
    ...options,
  } as AgentOptions);
  await agent.chat("go");
  await agent.close();
  return readdirSync(cwd);
}

const mistaken = (options: object) => createAgent({ model: scriptedModel(["x"]), ...options } as AgentOptions);

describe("what is not said", () => {
  it("is safe: no settings, no instructions, no hooks of files; nothing is kept in the home", async () => {
    const [home, cwd] = [folder(), folder()];
    writeFileSync(join(home, "settings.json"), '{"permissions":{"allow":["bash"]},"hooks":{}}');
    writeFileSync(join(cwd, "AGENTS.md"), "BE LOUD");
    const model = scriptedModel([touch, "ok"]);
    const agent = await createAgent({ model, cwd, home });
    await agent.chat("go");
    await agent.close();
    expect(readdirSync(cwd)).toEqual(["AGENTS.md"]);
    expect(readdirSync(home)).toEqual(["settings.json"]);
    expect(model.requests[0]?.system).not.toContain("BE LOUD");
    expect(model.requests[0]?.tools.map(({ name }) => name)).not.toContain("remember");
  });

  it("keeps long results in a temporary folder, which goes with the agent", async () => {
    const model = scriptedModel([call("bash", { command: "seq 100000" }), "ok"]);
    const agent = await createAgent({ model, cwd: folder(), home: folder() });
    await agent.chat("go");
    const kept = /\S*nanocoder-[0-9a-f-]{36}\S*?\.\w+/.exec(JSON.stringify(model.requests[1]?.messages))?.[0] ?? "";
    expect(existsSync(kept)).toBe(true);
    await agent.close();
    expect(existsSync(join(kept, ".."))).toBe(false);
  });
});

describe("leave", () => {
  it("is given by rules, which refuse too, and by isolation where it is asked for", async () => {
    expect(await leaves({})).toEqual([]);
    expect(await leaves({ rules: { allow: ["bash(touch *)"] } })).toEqual(["made"]);
    const write = call("write_file", { path: "made", content: "x" });
    expect(await leaves({}, write)).toEqual(["made"]);
    expect(await leaves({ rules: { deny: ["write_file"] } }, write)).toEqual([]);
    expect(await leaves({ rules: { ask: ["write_file"] } }, write)).toEqual([]);
    expect(await leaves({ permissionMode: "plan" }, write)).toEqual([]);
    await expect(leaves({ rules: { allow: ["bash("] } })).rejects.toThrow('rules: the rule "bash(" must read');
  });

  it("is not needed by a command that is isolated, and always means always", async () => {
    const isolated = await leaves({ sandbox: { use: "always" } }).catch((error: Error) => error.message);
    // as the machine has it
    if (typeof isolated === "string") expect(isolated).toMatch(/bubblewrap|none for this folder/);
    else
      expect([isolated, await leaves({ sandbox: "default" }), await leaves({ sandbox: "never" })]).toEqual([
        ["made"],
        ["made"],
        [],
      ]);
  });

  it("that counts for always is kept by the program, not in the user's settings", async () => {
    const home = folder();
    const kept: (readonly string[])[] = [];
    const ask = async () => ({ verdict: "allow" as const, why: "yes", for: "always" as const });
    const remember = async (rules: readonly string[]) => void kept.push(rules);
    expect(await leaves({ home, ask, remember })).toEqual(["made"]);
    expect(kept).toEqual([[expect.stringContaining("touch")]]);
    await leaves({ home, ask });
    expect(readdirSync(home)).toEqual([]);
  });
});

describe("models", () => {
  it("are found by name, with address and key, through the same wires", async () => {
    await using server = await modelServer(["hello"]);
    const options = {
      model: "claude-sonnet-4-5",
      provider: "anthropic",
      baseUrl: server.url,
      apiKey: "sk-own-1234567",
    };
    const agent = await createAgent({ ...options, provider: "anthropic", cwd: folder(), home: folder() });
    expect(await agent.chat("hi")).toBe("hello");
    expect(server.requests[0]).toMatchObject({ wire: "anthropic", model: "claude-sonnet-4-5" });
    expect(server.requests[0]?.headers["x-api-key"]).toBe("sk-own-1234567");
    expect(state(agent.log.events, "model")).toMatchObject({ model: "claude-sonnet-4-5" });
  });

  it("stand in for each other in a gateway", async () => {
    await using server = await modelServer(({ model }) =>
      model === "first" ? { error: { status: 401, message: "no" } } : "from the second",
    );
    const models = ["first", "second"].map((name) => ({ name, tier: "strong" as const, baseUrl: server.url }));
    const agent = await createAgent({ gateway: { models }, cwd: folder(), home: folder() });
    expect(await agent.chat("hi")).toBe("from the second");
    const wrong = { gateway: { models: [{ name: "a", tier: "cheap", baseUrl: "nowhere" }] }, model: undefined };
    await expect(mistaken(wrong)).rejects.toThrow("gateway.models[0] (a) of the options: the base URL");
  });
});

describe("what is kept", () => {
  it("is a file by its path, which goes on, its long results beside it", async () => {
    const [cwd, log] = [folder(), join(folder(), "deep/talk.jsonl")];
    const once = async (words: string, answer: string) => {
      const model = scriptedModel([answer]);
      await using agent = await createAgent({ model, cwd, log, home: folder() });
      await agent.chat(words);
      return model.requests[0]?.messages.length;
    };
    expect([await once("one", "1"), await once("two", "2")]).toEqual([1, 3]);
    const facts = readFileSync(log, "utf8").trimEnd().split("\n");
    expect(facts.filter((line) => line.includes('"type":"session"'))).toHaveLength(1);
    const seen = scriptedModel([call("bash", { command: "seq 100000" }), "ok"]);
    await using agent = await createAgent({ model: seen, cwd, log, home: folder() });
    await agent.chat("count");
    expect(JSON.stringify(seen.requests[1]?.messages)).toContain(join(log, "../talk-outputs"));
  });

  it("is a session of the folder, resumed by the beginning of its id, in its own folder and mode, or forked", async () => {
    const [cwd, home] = [folder(), folder()];
    const first = await createAgent({ model: scriptedModel(["1"]), cwd, home, session: {}, permissionMode: "strict" });
    await first.chat("one");
    await first.close();
    const resume = first.id.slice(0, -1);
    const again = await createAgent({ model: scriptedModel(["2"]), home, session: { resume } });
    expect(again.id).toBe(first.id);
    expect(state(again.log.events, "mode")).toBe("strict");
    await expect(createAgent({ model: scriptedModel([]), home, session: { resume } })).rejects.toThrow(/open/);
    await again.chat("two");
    await again.close();
    const copy = await createAgent({ model: scriptedModel(["3"]), cwd, home, session: { resume: "last", fork: true } });
    expect(copy.id).not.toBe(first.id);
    expect(copy.log.events.filter(({ type }) => type === "reply")).toHaveLength(2);
    await copy.close();
    await expect(createAgent({ model: scriptedModel([]), home, session: { resume: "zzz" } })).rejects.toThrow(
      'There is no session "zzz"',
    );
  });

  it("never holds a key of the program", async () => {
    const log = join(folder(), "a.jsonl");
    const model = scriptedModel(["the key is plain-words-of-mine-77"]);
    const agent = await createAgent({ model, cwd: folder(), log, secrets: ["plain-words-of-mine-77"], home: folder() });
    await agent.chat("what is it?");
    await agent.close();
    expect(readFileSync(log, "utf8")).not.toContain("plain-words-of-mine-77");
  });
});

describe("mechanisms", () => {
  it("are there when they are asked for: instructions, memory, hooks, verification, checkpoints", async () => {
    const [cwd, home] = [folder(), folder()];
    writeFileSync(join(cwd, "AGENTS.md"), "BE LOUD");
    const model = scriptedModel([call("write_file", { path: "a.json", content: "{" }), "done", "cannot", "cannot"]);
    const agent = await createAgent({
      model,
      cwd,
      home,
      instructions: true,
      memory: { extract: false },
      verify: { tests: false, lint: false },
      checkpoints: true,
      hooks: { UserPromptSubmit: [{ hooks: [{ command: "echo HOOKED $MINE" }] }] },
      env: { PATH: process.env.PATH ?? "", MINE: "by my own" },
    });
    await agent.chat("go").catch(() => undefined);
    await agent.close();
    const said = JSON.stringify(model.requests.map(({ messages }) => messages));
    expect(model.requests[0]?.system).toContain("BE LOUD");
    expect(model.requests[0]?.tools.map(({ name }) => name)).toContain("remember");
    expect(said).toContain("HOOKED by my own");
    expect(state(agent.log.events, "verify")).toMatchObject({ status: "failed" });
    expect(readdirSync(home)).toContain("checkpoints");
  });

  it("write summaries by the cheap model", async () => {
    const cheapModel = scriptedModel(() => "SUMMARY OF IT");
    const steps = Array.from({ length: 9 }, (_, n) => ({
      ...call("glob", { pattern: `*${n}` }),
      text: "word ".repeat(3000),
    }));
    const model = scriptedModel([...steps, "done"], { window: 32_000 });
    const agent = await createAgent({ model, cheapModel, cwd: folder(), home: folder() });
    await agent.chat("go");
    expect(cheapModel.requests.length).toBeGreaterThan(0);
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain("SUMMARY OF IT");
  });
});

describe("a gateway", () => {
  it("has its cheap model write summaries", async () => {
    const talk = (n: number) => ({ ...call("glob", { pattern: `*${n}` }), text: "word ".repeat(3000) });
    await using server = await modelServer(({ n, model, results }) => {
      if (model === "small") return "SUMMARY OF IT";
      return n < 9 || results.length === 0 ? talk(n) : "done";
    });
    const [big, small] = [
      { name: "big", tier: "strong" as const, baseUrl: server.url, window: 32_000 },
      { name: "small", tier: "cheap" as const, baseUrl: server.url },
    ];
    await using agent = await createAgent({ gateway: { models: [big, small] }, cwd: folder(), home: folder() });
    await agent.chat("go");
    expect(server.requests.map(({ model }) => model)).toContain("small");
    expect(agent.log.events.filter(({ type }) => type === "compacted")).not.toEqual([]);
  });
});

describe("chat", () => {
  it("takes images, and tells what happens", async () => {
    const model = scriptedModel(["a dot"]);
    const agent = await createAgent({ model, cwd: folder(), home: folder() });
    const seen: string[] = [];
    const image = { type: "image" as const, mime: "image/png", data: PIXEL };
    await agent.chat([text("what is it?"), image], { see: ({ type }) => seen.push(type) });
    expect(model.requests[0]?.messages[0]?.parts).toEqual([text("what is it?"), image]);
    expect(seen).toEqual(expect.arrayContaining(["prompt", "text", "reply", "ended"]));
  });

  it("takes no image that a provider would refuse, now and with every word that follows", async () => {
    const model = scriptedModel(["fine"]);
    await using agent = await createAgent({ model, cwd: folder(), home: folder() });
    const image = (mime: string, data: string) => ({ type: "image" as const, mime, data });
    const huge = Buffer.concat([Buffer.from(PIXEL, "base64"), Buffer.alloc(4_000_000)]).toString("base64");
    await expect(agent.chat([image("image/png", "bm8=")])).rejects.toThrow("is no PNG, JPEG, GIF or WebP");
    await expect(agent.chat([image("image/gif", PIXEL)])).rejects.toThrow("is no image/gif");
    await expect(agent.chat([image("image/png", huge)])).rejects.toThrow("3932160 at most");
    expect(await agent.chat("and words?")).toBe("fine");
    expect(model.requests).toHaveLength(1);
  });

  it("is one at a time, and over when the agent is closed; what was aborted before it began is not heard later", async () => {
    const model = scriptedModel(["one", "two"]);
    const agent = await createAgent({ model, cwd: folder(), home: folder() });
    const first = agent.chat("a");
    await expect(agent.chat("b")).rejects.toThrow("still works");
    expect(await first).toBe("one");
    await expect(agent.chat("never", { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await agent.chat("c")).toBe("two");
    const said = agent.log.events.filter((event: Event) => event.type === "prompt");
    expect(said.map(({ parts }) => parts)).toEqual([[text("a")], [text("c")]]);
    await Promise.all([agent.close(), agent.close()]);
    await expect(agent.chat("d")).rejects.toThrow("closed");
  });
});

describe("mistakes", () => {
  it("are told in a sentence, by an error with the name of a usage error", async () => {
    const wrong: [object, string][] = [
      [{ model: undefined }, "createAgent wants a model"],
      [{ model: "" }, "createAgent wants a model"],
      [{ log: "a", session: {} }, "Give a log or a session"],
      [{ permissionMode: "yolo" }, 'permissionMode "yolo": choose strict, default, plan, auto.'],
      [{ builtins: ["read-file"] }, 'builtins: there is no tool "read-file". Did you mean "read_file"?'],
      [{ builtins: ["recall"] }, "builtins: recall is there where memory is on"],
      [{ maxTurns: 0 }, "maxTurns wants a whole number above 0, not 0."],
      [{ maxCost: -1 }, "maxCost wants a number above 0"],
      [{ cwd: "/nowhere/at/all" }, "cwd: there is no folder /nowhere/at/all."],
      [{ ask: true }, "ask wants a function"],
      [{ hooks: { PreToolUse: [{ matcher: "(", hooks: [] }] } }, "hooks: "],
    ];
    for (const [options, words] of wrong) {
      const error = await mistaken(options).catch((thrown: unknown) => thrown);
      expect(error, JSON.stringify(options)).toMatchObject({
        name: "UsageError",
        message: expect.stringContaining(words),
      });
    }
    const log = join(folder(), "talk.jsonl");
    await expect(mistaken({ log, rules: { allow: ["("] } })).rejects.toThrow("must read");
    // the file was let go of
    await (await mistaken({ log })).close();
    mkdirSync(join(log, "../taken.jsonl"));
    await expect(mistaken({ log: join(log, "../taken.jsonl") })).rejects.toThrow("EISDIR");
  });
});

describe("an option of the wrong type", () => {
  it.each([
    [{ rules: { allow: "bash" } }, 'rules.allow wants a list of rules, such as ["bash(npm test *)"], not "bash".'],
    [{ rules: { dny: [] } }, 'rules: there is no "dny" in it. Did you mean "deny"?'],
    [{ rules: [] }, "rules wants an object, not a list of something else."],
    [{ sandbox: "maybe" }, 'sandbox wants never, default, always, or an object with use, not "maybe".'],
    [{ sandbox: { use: "alway" } }, 'sandbox.use wants never, default, always, not "alway".'],
    [{ sandbox: { use: "always", netwrk: true } }, 'sandbox: there is no "netwrk" in it. Did you mean "network"?'],
    [{ session: true }, "session wants an object, not true."],
    [{ session: { rsume: "last" } }, 'session: there is no "rsume" in it. Did you mean "resume"?'],
    [{ log: 5 }, "log wants a Log, or the path of a file, not 5."],
    [{ cwd: 5 }, "cwd wants a text, not 5."],
    [{ tools: {} }, "tools wants a list, not an object."],
    [{ builtins: "read_file" }, 'builtins wants a list of texts, not "read_file".'],
    [{ mcpServers: [] }, "mcpServers wants an object, not a list of something else."],
    [{ secrets: "my-own-secret-1" }, "secrets wants a list of texts, not a text."],
    [{ instructions: "yes" }, 'instructions wants true or false, not "yes".'],
    [{ memory: { extact: false } }, 'memory: there is no "extact" in it. Did you mean "extract"?'],
    [{ env: { A: 5 } }, "env wants an object of texts, not an object."],
    [{ temperature: "hot" }, 'temperature wants a number, not "hot".'],
    [{ ask: 5 }, "ask wants a function, not 5."],
    [{ outputSchema: "x" }, 'outputSchema wants an object, not "x".'],
  ])("%j is told in a sentence", async (options, sentence) => {
    const fault = await mistaken(options).catch((error: Error) => error);
    expect(fault).toMatchObject({ name: "UsageError", message: sentence });
  });
});

it("what is said is words or a list of words and images, and nothing else is taken", async () => {
  const agent = await mistaken({});
  for (const words of [5, undefined, [{ type: "x" }], [null], [{ type: "text" }], [{ type: "image", data: 5 }]])
    await expect(agent.chat(words as never)).rejects.toThrow("chat wants words, or a list of words and images.");
  await agent.close();
});
