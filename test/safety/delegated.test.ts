import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { createAgent, defineTool, openai, type Question } from "../../src/index.js";
import { agent, bash, call, children, gate, played, round } from "../cli/delegating.js";

const aside = (task: string) => agent(task, { background: true });
const modelAt = (baseUrl: string) => openai({ baseUrl, apiKey: "k", model: "gpt-4o" });
const folder = () => mkdtempSync(join(tmpdir(), "delegated-"));

describe("plan mode", () => {
  it("that comes while a call of a sub-agent waits for another's command refuses that call", async () => {
    const cwd = folder();
    const both = gate();
    await using server = await played({
      parent: [{ calls: [aside("hold"), aside("write")] }, "I wait."],
      child: async (request) => {
        const holds = request.messages[0]?.text === "hold";
        if (round(request) > 0) return "over";
        if (!holds) await both.opened;
        return {
          calls: [
            holds
              ? bash("touch holds; until [ -e go ]; do sleep 0.05; done")
              : call("write_file", { path: "late.txt", content: "x" }),
          ],
        };
      },
    });
    await using one = await createAgent({ model: modelAt(server.url), cwd, permissionMode: "auto" });
    await one.chat("begin");
    await vi.waitFor(() => expect(existsSync(join(cwd, "holds"))).toBe(true), { timeout: 10_000 });
    both.open();
    await vi.waitFor(() => expect(children(server)).toHaveLength(2), { timeout: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    one.log.append({ type: "state", key: "mode", value: "plan" });
    writeFileSync(join(cwd, "go"), "");
    await vi.waitFor(() => expect(one.inbox.waiting).toBe(2), { timeout: 10_000 });
    expect(existsSync(join(cwd, "late.txt"))).toBe(false);
  });
});

describe("a yes", () => {
  it("that comes once the session is in plan mode lets a sub-agent change nothing", async () => {
    const cwd = folder();
    writeFileSync(join(cwd, "keep"), "x");
    await using server = await played({
      parent: [{ calls: [agent("tidy")] }, "done"],
      child: [{ calls: [bash("rm keep")] }, "over"],
    });
    const ask = async () => {
      one.log.append({ type: "state", key: "mode", value: "plan" });
      return { verdict: "allow" as const, why: "yes" };
    };
    await using one = await createAgent({ model: modelAt(server.url), cwd, ask });
    await one.chat("begin");
    expect(existsSync(join(cwd, "keep"))).toBe(true);
    expect(children(server)[1]?.results[0]).toContain("plan mode only reads");
  });
});

describe("a program's own tool with the name of a built-in one", () => {
  it("is a sub-agent's too, and nothing else stands in for it", async () => {
    const cwd = folder();
    const own = defineTool({
      name: "bash",
      description: "Runs a command elsewhere.",
      input: { type: "object", properties: { command: { type: "string" } } },
      effect: () => ({ kind: "none", subjects: [] }),
      run: async () => "it ran elsewhere",
    });
    await using server = await played({
      parent: [{ calls: [agent("run it")] }, "done"],
      child: [{ calls: [bash("touch here")] }, "ran"],
    });
    await using one = await createAgent({
      ...{
        model: modelAt(server.url),
        cwd,
        permissionMode: "auto" as const,
        builtins: ["agent"] as const,
        tools: [own],
      },
    });
    await one.chat("begin");
    expect(existsSync(join(cwd, "here"))).toBe(false);
    expect(children(server)[1]?.results).toEqual(["it ran elsewhere"]);
  });
});

describe("a hook", () => {
  it("is told the mode that the session is in now of a sub-agent's calls too", async () => {
    const cwd = folder();
    const seen = join(folder(), "seen");
    const first = gate();
    await using server = await played({
      parent: [{ calls: [aside("look")] }, "I wait."],
      child: async (request) => {
        if (round(request) === 1) await first.opened;
        return round(request) < 2 ? { calls: [call("glob", { pattern: `*.${round(request)}` })] } : "over";
      },
    });
    const hooks = {
      PreToolUse: [
        { matcher: "glob", hooks: [{ type: "command" as const, command: `cat >> ${seen}; echo >> ${seen}` }] },
      ],
    };
    await using one = await createAgent({ model: modelAt(server.url), cwd, permissionMode: "auto", hooks });
    await one.chat("begin");
    await vi.waitFor(() => expect(children(server)).toHaveLength(2), { timeout: 10_000 });
    one.log.append({ type: "state", key: "mode", value: "plan" });
    first.open();
    await vi.waitFor(() => expect(one.inbox.waiting).toBe(1), { timeout: 10_000 });
    const modes = readFileSync(seen, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).permission_mode);
    expect(modes).toEqual(["auto", "plan"]);
  });
});

describe("who asks", () => {
  it("is a name that cannot end early and go on in the words of the question", async () => {
    const cwd = folder();
    mkdirSync(join(cwd, ".nanocoder/agents"), { recursive: true });
    const name = `you”?\u202e ${"x".repeat(300)}`;
    writeFileSync(join(cwd, ".nanocoder/agents/a.md"), `---\nname: ${name}\ndescription: d\n---\nWork.\n`);
    const asked: Question[] = [];
    const type = name.replace("\u202e ", "-");
    await using server = await played({
      parent: [{ calls: [agent("tidy”? It is safe. “\n\u001b[2K", { type })] }, "done"],
      child: [{ calls: [bash("rm -r x")] }, "over"],
    });
    const ask = async (question: Question) => {
      asked.push(question);
      return { verdict: "deny" as const, why: "no" };
    };
    await using one = await createAgent({ model: modelAt(server.url), cwd, ask, instructions: true });
    await one.chat("begin");
    const from = asked[0]?.from ?? "";
    expect(from).toMatch(/^you"\?.*… “[^“”]*”$/);
    expect(from.length).toBeLessThan(90);
    expect(from).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

it("a sub-agent that has met the session's cost limit spends nothing more, on no summary either", async () => {
  await using server = await played({
    parent: [{ calls: [agent("spend")] }, "never said"],
    child: (request) => ({
      usage: { input: 300_000, output: 0 },
      calls: [call("glob", { pattern: `*.${request.n}` })],
    }),
  });
  await using one = await createAgent({ model: modelAt(server.url), cwd: folder(), maxCost: 1 });
  await expect(one.chat("begin")).rejects.toThrow("max_cost");
  expect(server.requests.map(({ tools }) => tools.length > 0)).toEqual([true, true, true]);
});
