import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  type AgentOptions,
  anthropic,
  createAgent,
  defineTool,
  memoryLog,
  openai,
  openLog,
  run,
  text,
} from "../../src/index.js";
import { modelServer, scriptedModel } from "../../src/testing.js";

const folder = () => mkdtempSync(join(tmpdir(), "library-"));

const asked = async (options: AgentOptions) => (await createAgent({ cwd: folder(), ...options })).chat("x");

describe("createAgent", () => {
  it("has the two-line use, and remembers", async () => {
    await using server = await modelServer(["Two fail.", "They expect a comma."]);
    const agent = await createAgent({
      model: openai({ baseUrl: server.url, apiKey: "k", model: "gpt-5" }),
      cwd: folder(),
    });
    expect(await agent.chat("Which tests fail?")).toBe("Two fail.");
    expect(await agent.chat("Why?")).toBe("They expect a comma.");
    await agent.close();
    expect(server.requests[1]?.messages.map((message) => message.text)).toEqual([
      "Which tests fail?",
      "Two fail.",
      "Why?",
    ]);
  });

  it("gives the pieces of a continued answer as one, and the JSON that fits a schema", async () => {
    const cut = (words: string) => ({ text: words, stop: "length" });
    const model = scriptedModel([cut("void"), cut("one, t"), "wo"], { id: "gpt-5" });
    expect(await asked({ model })).toBe("one, two");
    const most = scriptedModel([cut("one, t"), "wo"], { id: "gpt-4o" });
    expect(await asked({ model: most, maxOutput: 16_384 })).toBe("one, two");
    const outputSchema = { type: "array" };
    const answers = scriptedModel(["Here: {}", "Then: [1]", "a", "b", "c"]);
    const agent = await createAgent({ model: answers, cwd: folder(), outputSchema });
    expect(await agent.chat("x")).toBe("[1]");
    await expect(agent.chat("y")).rejects.toThrow("after 2 repairs: the answer is not JSON");
    await expect(createAgent({ model, outputSchema: { type: "list" } })).rejects.toThrow(
      'wrong at /type: "type" wants one of',
    );
  });

  it("works on real files over the anthropic wire, and asks its own person", async () => {
    const cwd = folder();
    const asked: string[] = [];
    await using server = await modelServer([
      { calls: [{ name: "bash", input: { command: "echo hi > made" } }] },
      "done",
    ]);
    const agent = await createAgent({
      model: anthropic({ baseUrl: server.url, apiKey: "k", model: "claude-sonnet-4-5" }),
      cwd,
      ask: async ({ why }) => {
        asked.push(why);
        return { verdict: "allow", why: "yes" };
      },
    });
    expect(await agent.chat("make it")).toBe("done");
    expect(asked).toEqual([expect.stringContaining("it writes to")]);
    expect(readFileSync(join(cwd, "made"), "utf8")).toBe("hi\n");
  });

  it("asks plugins for their part of the system prompt, also one that comes later", async () => {
    const model = scriptedModel(["x"]);
    const plugins = [{ name: "a", system: () => "SAID BY A" }, { name: "b" }, { name: "c", system: () => "SAID BY C" }];
    const { log } = await createAgent({
      model,
      cwd: folder(),
      plugins,
      system: "S",
      appendSystem: "MORE",
      builtins: [],
    });
    const [first] = log.events;
    expect(first?.type === "session" && first.system).toMatch(/^S\n\nMORE\n\nSAID BY A\n\nSAID BY C\n\nEnvironment\n/);
    const late = [{ name: "late", system: async () => "SAID LATER" }];
    const [begun] = (await createAgent({ model, cwd: folder(), plugins: late })).log.events;
    expect(begun?.type === "session" && begun.system).toContain("SAID LATER");
  });

  it("refuses by default what nobody was asked for", async () => {
    const cwd = folder();
    const model = scriptedModel([{ calls: [{ name: "bash", input: { command: "touch made" } }] }, "no"]);
    await asked({ model, cwd });
    expect(existsSync(join(cwd, "made"))).toBe(false);
  });

  it("yields typed events from run, with a log in a file that goes on", async () => {
    const path = join(folder(), "session.jsonl");
    const log = openLog(path);
    const agent = await createAgent({
      model: scriptedModel(["one"]),
      cwd: folder(),
      log,
      system: "BE BRIEF",
      builtins: ["read_file"],
    });
    agent.inbox.post({ parts: [text("hi")], from: "user" });
    const seen: string[] = [];
    for await (const item of run(agent, new AbortController().signal)) seen.push(item.type);
    expect(seen).toEqual(["prompt", "text", "reply", "ended"]);
    expect(agent.tools.map((tool) => tool.name)).toEqual(["read_file"]);
    log.close();
    const again = openLog(path);
    const model = scriptedModel(["two"]);
    expect(await (await createAgent({ model, log: again })).chat("and?")).toBe("two");
    expect(model.requests[0]?.system).toMatch(/^BE BRIEF/);
    expect(model.requests[0]?.messages).toHaveLength(3);
    again.close();
  });

  it("throws when a run ends without an answer", async () => {
    const model = scriptedModel([{ error: { status: 400, message: "bad" } }]);
    await expect(asked({ model })).rejects.toThrow("bad");
    const loops = scriptedModel(() => ({ calls: [{ name: "glob", input: { pattern: "*" } }] }));
    await expect(asked({ model: loops, maxTurns: 2, log: memoryLog() })).rejects.toThrow("max_turns");
    expect(loops.requests).toHaveLength(2);
    const silent = await createAgent({ model: scriptedModel([{ silent: true }]), cwd: folder() });
    await expect(silent.chat("x", { signal: AbortSignal.timeout(50) })).rejects.toThrow("timeout");
  });
});

describe("defineTool", () => {
  const use = async (tool: Parameters<typeof createAgent>[0]["tools"], input: Record<string, string | number>) => {
    const model = scriptedModel([{ calls: [{ name: "add", input }] }, ({ results }) => results[0] ?? ""]);
    const agent = await createAgent({ model, cwd: folder(), tools: tool ?? [] });
    return { answer: await agent.chat("x"), schema: model.requests[0]?.tools.at(-1)?.schema };
  };

  it("takes a schema of a Standard Schema library, checks the input, and infers its type", async () => {
    const add = defineTool({
      name: "add",
      description: "Add two numbers.",
      input: z.object({ a: z.number(), b: z.number().default(1) }),
      run: ({ a, b }) => String(a + b),
    });
    const { answer, schema } = await use([add], { a: 2 });
    expect(answer).toBe("3");
    expect(schema).toMatchObject({ type: "object", required: ["a"] });
    expect((await use([add], { a: "x" })).answer).toMatch(/^add: a: .*number/);
  });

  it("takes plain JSON Schema and checks it too", async () => {
    const input = { type: "object", properties: { a: { type: "integer" } }, required: ["a"] };
    const add = defineTool<{ a: number }>({
      name: "add",
      description: "Add one.",
      input,
      run: ({ a }) => String(a + 1),
    });
    expect((await use([add], { a: 2 })).answer).toBe("3");
    expect((await use([add], { a: 1.5 })).answer).toContain("add: ");
    expect((await use([add], {})).answer).toContain("add: ");
  });

  it("gives failures to the model, and asks for what touches the outside", async () => {
    const input = { type: "object" };
    const fails = defineTool({ name: "add", description: "", input, run: () => Promise.reject(new Error("no luck")) });
    expect((await use([fails], {})).answer).toBe("no luck");
    const out = defineTool({
      name: "add",
      description: "",
      input,
      effect: () => ({ kind: "net", subjects: ["x.example"] }),
      run: () => "sent",
    });
    expect((await use([out], {})).answer).toContain("Denied: it reaches out to x.example");
    expect(() => defineTool({ name: "a b", description: "", input, run: () => "" })).toThrow("a b");
  });
});

describe("the examples of the documentation", () => {
  it("are the ones that stand in the sources, and run", async () => {
    const source = (path: string) => readFileSync(join(import.meta.dirname, "../../src", path), "utf8");
    const example = (path: string) =>
      [...source(path).matchAll(/@example\n((?:(?!\*\/)[\s\S])*?)\*\/\nexport (?:async )?function/g)].map((found) =>
        (found[1] ?? "").replace(/^\s*\* ?/gm, ""),
      );
    const files = [
      "app/create-agent.ts",
      "core/loop.ts",
      "models/openai.ts",
      "models/anthropic.ts",
      "models/retrying.ts",
      "tools/define-tool.ts",
      "models/scripted/model.ts",
      "models/scripted/server.ts",
    ];
    for (const file of files) expect(example(file), file).not.toEqual([]);

    const cwd = folder();
    writeFileSync(join(cwd, "a"), "");
    const agent = await createAgent({ model: scriptedModel(["There is one file."]), cwd });
    const names = [
      "createAgent",
      "openai",
      "anthropic",
      "retrying",
      "defineTool",
      "scriptedModel",
      "modelServer",
      "run",
      "agent",
      "z",
      "baseUrl",
      "apiKey",
      "console",
      "write",
    ];
    await using local = await modelServer(() => "Hello.");
    const { retrying } = await import("../../src/index.js");
    const said: unknown[] = [];
    const values = [
      (options: object) =>
        createAgent({ ...options, cwd, model: openai({ baseUrl: local.url, apiKey: "k", model: "gpt-5" }) }),
      openai,
      anthropic,
      retrying,
      defineTool,
      scriptedModel,
      modelServer,
      run,
      agent,
      z,
      local.url,
      "k",
      { log: (words: unknown) => said.push(words) },
      (words: unknown) => said.push(words),
    ];
    agent.inbox.post({ parts: [text("hi")], from: "user" });
    for (const code of files.flatMap(example)) {
      const body = code.replace(/await using (\w+) =/g, "const $1 =").replace(/const (agent|answer: string) =/, "$1 =");
      const closing = /modelServer\(/.test(body) ? "\nawait server.close();" : "";
      await new Function(...names, `return (async () => {${body}${closing}\n})();`)(...values);
    }
    expect(said).toEqual(["Hello.", "There is one file."]);
  });
});
