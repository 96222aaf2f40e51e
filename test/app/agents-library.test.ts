import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { createAgent, type Delta, type Event, openai } from "../../src/index.js";
import { agent, call, children, gate, news, parents, played, round } from "../cli/delegating.js";

describe("a program whose agent has a sub-agent in the background", () => {
  it("sees no word of a call that is over, hears of the end with what it says next, and closes it all", async () => {
    const later = gate();
    const cwd = mkdtempSync(join(tmpdir(), "library-"));
    await using server = await played({
      parent: [{ calls: [agent("look", { background: true })] }, "I wait.", "heard"],
      child: async ({ lastText, messages }) => {
        await later.opened;
        const first = messages.length === 1;
        return first ? { text: lastText, calls: [call("write_file", { path: "made.txt", content: "x" })] } : "made";
      },
    });
    const items: (Event | Delta)[] = [];
    const see = (item: Event | Delta) => void items.push(item);
    const one = await createAgent({ model: openai({ baseUrl: server.url, apiKey: "k", model: "gpt-4o" }), cwd });
    expect(await one.chat("begin", { see })).toBe("I wait.");
    const seen = items.length;
    later.open();
    await vi.waitFor(() => expect(one.inbox.waiting).toBe(1), { timeout: 10_000 });
    expect(existsSync(join(cwd, "made.txt"))).toBe(true);
    expect(items).toHaveLength(seen);
    expect(await one.chat("and?", { see })).toBe("heard");
    expect(news(parents(server).at(-1))).toEqual([expect.stringContaining("bg_0001 completed")]);
    expect(items.filter(({ type }) => type === "child")).toEqual([]);
    const seqs = items.flatMap((item) => ("seq" in item ? [item.seq] : []));
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(seqs.length);
    expect(server.refusals).toEqual([]);
    await one.close();
  });

  it("sees none either while its own run goes on", async () => {
    const over = gate();
    await using server = await played({
      parent: async (request) => {
        if (round(request) === 1) await over.opened;
        return [{ calls: [agent("look", { background: true })] }, "I wait.", "heard"][round(request)] ?? "?";
      },
      child: (request) => {
        if (round(request) === 1) over.open();
        return round(request) === 0 ? { calls: [call("glob", { pattern: "*" })] } : "seen";
      },
    });
    const items: (Event | Delta)[] = [];
    const model = openai({ baseUrl: server.url, apiKey: "k", model: "gpt-4o" });
    const one = await createAgent({ model, cwd: mkdtempSync(join(tmpdir(), "library-")) });
    await one.chat("begin", { see: (item) => void items.push(item) });
    expect(children(server)).toHaveLength(2);
    expect(items.filter(({ type }) => type === "child")).toEqual([]);
    await one.close();
  });

  it("ends it with the agent", async () => {
    await using server = await played({
      parent: [{ calls: [agent("wait", { background: true })] }, "I wait."],
      child: async (request) => (round(request) === 0 ? { silent: true } : "never"),
    });
    const model = openai({ baseUrl: server.url, apiKey: "k", model: "gpt-4o" });
    const one = await createAgent({ model, cwd: mkdtempSync(join(tmpdir(), "library-")) });
    await one.chat("begin");
    await vi.waitFor(() => expect(children(server)).toHaveLength(1), { timeout: 10_000 });
    await one.close();
    expect(one.inbox.waiting).toBe(0);
  });
});
