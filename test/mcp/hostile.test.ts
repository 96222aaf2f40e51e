import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bounded, LONGEST } from "../../src/mcp/bounded.js";
import type { Server } from "../../src/mcp/server.js";
import type { ElicitAnswer } from "../../src/mcp/types.js";
import { answering } from "../models/answering.js";
import { fixture, ranAt, served, serverHere, serverTools } from "./serving.js";

const OBJECT = { type: "object", properties: {} };
const call = (name: string, input = {}) => ({ calls: [{ name, input }] });
const wait = call("mcp_tools");
const named = (...names: string[]) => names.map((name) => ({ name, description: name, inputSchema: OBJECT }));
const never = new AbortController().signal;
const use = (server: Server, name: string, { signal = never, input = {} } = {}) =>
  server.use(signal, (connection) => connection.call(name, input, { signal, timeout: 600, progress: () => undefined }));

/** A promise that is kept from outside. */
function later<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((keep) => {
    resolve = keep;
  });
  return { promise, resolve };
}

describe("a server", () => {
  it("that talks other things between its answers is understood", async () => {
    const { seen } = await ranAt(served({ fix: fixture({ garbage: true }) }), [
      wait,
      call("mcp__fix__get_version"),
      "done",
    ]);
    expect(seen[2]?.results).toBe("get.version 1.2.3 {}");
  });

  it("that answers twice, or what nobody asked, answers nothing else by it", async () => {
    const twice = serverHere({ tools: named("a", "b"), ids: "twice" });
    const both = await Promise.all(["a", "b", "a"].map((name) => use(twice, name)));
    expect(both.map(({ content: [first] }) => first && "text" in first && first.text)).toEqual([
      ...["a 1.2.3 {}", "b 1.2.3 {}", "a 1.2.3 {}"],
    ]);
    await twice.close();
    const wrong = serverHere({ tools: named("a"), ids: "wrong" });
    await expect(use(wrong, "a")).rejects.toThrow(/timed out/);
    expect(wrong.standing).toEqual({ state: "ready" });
    await wrong.close();
  });

  it("that sends a hundred megabytes without an end is cut off, and connected anew", async () => {
    const before = process.memoryUsage().rss;
    const server = serverHere({ tools: named("flood", "well"), flood: "flood" });
    await expect(use(server, "flood")).rejects.toThrow(/exceeded|too large|maximum|longer/i);
    expect(await use(server, "well")).toMatchObject({ failed: false });
    expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
    await server.close();
  });

  it("whose answer is larger than a message may be costs that call", async () => {
    const where = served({ fix: fixture({ tools: named("sized"), sized: "sized" }) });
    const { seen, code } = await ranAt(where, [
      wait,
      call("mcp__fix__sized", { size: 50 << 20 }),
      call("mcp__fix__sized", { size: 8 << 20 }),
      "done",
    ]);
    expect(code).toBe(0);
    expect(seen[2]?.results).toMatch(/^MCP error: /);
    expect(seen[3]?.results).toMatch(/^y+/);
    // all of it is in a file that is named
    expect(seen[3]?.results.length).toBeLessThan(100_000);
  });

  it("that reads no more is given up, and connected anew", async () => {
    const server = serverHere({ tools: named("plug", "well"), plug: "plug" });
    await use(server, "plug");
    await expect(use(server, "well")).rejects.toThrow(/input|closed|timed out/i);
    expect(await use(server, "well")).toMatchObject({ failed: false });
    await server.close();
  });

  it("that changes its list with every call is asked for it now and then, and calls of what stayed go on", async () => {
    const looks: number[] = [];
    const server = serverHere(
      { tools: named("same", "other"), flicker: true },
      { changed: () => void looks.push(performance.now()) },
    );
    await server.settled(never);
    looks.length = 0;
    for (let n = 0; n < 20; n += 1) {
      expect(await use(server, "same")).toMatchObject({ failed: false });
      // longer than it takes to hear of a change
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    expect(looks.length).toBeGreaterThan(1);
    expect(looks.length).toBeLessThan(10);
    expect(server.catalogue?.tools[1]?.description).toMatch(/^Now/);
    await server.close();
  });

  it("whose list has no end is not connected, and says why", async () => {
    const server = serverHere({ endless: true });
    expect(await server.settled(never)).toMatchObject({
      state: "again",
      why: expect.stringMatching(/pagination|Pages/),
    });
    await server.close();
  });

  it("has names of its own, whatever its tools are called and whoever else calls theirs so", async () => {
    const odd = ["read_file", "a\u0000b", "a\u202eb", "工具", "mcp__one__read_file", "a b", " ", ""];
    const servers = { one: fixture({ tools: named(...odd) }), two: fixture({ tools: named("read_file") }) };
    const { seen, code, stderr } = await ranAt(served(servers), [
      wait,
      call("mcp__two__read_file"),
      call("mcp__one__a_b"),
      "done",
    ]);
    expect(code, stderr).toBe(0);
    expect(serverTools(seen[1]?.tools)).toEqual([
      ...["mcp__one__read_file", "mcp__one__a_b", "mcp__one__mcp__one__read_file", "mcp__two__read_file"],
    ]);
    expect(seen[1]?.tools.filter((name) => name === "read_file")).toHaveLength(1);
    expect(stderr).toContain("a\\u{202e}b");
    for (const hidden of ["\u0000", "\u202e"]) expect(stderr).not.toContain(hidden);
    expect(seen[3]?.results).toMatch(/^a.b 1\.2\.3/);
  });

  it("with schemas that turn in a circle breaks no request and no call", async () => {
    const circle = {
      type: "object",
      properties: { x: { $ref: "#/$defs/a" } },
      $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } },
    };
    const tree = { type: "object", properties: { kids: { type: "array", items: { $ref: "#" } } } };
    const tools = [
      { name: "circle", inputSchema: circle },
      { name: "tree", inputSchema: tree },
    ];
    let deep = {};
    for (let n = 0; n < 300; n += 1) deep = { kids: [deep] };
    const { seen, code, stderr } = await ranAt(served({ fix: fixture({ tools }) }), [
      wait,
      { calls: [call("mcp__fix__circle", { x: 1 }), call("mcp__fix__tree", deep)].flatMap(({ calls }) => calls) },
      "done",
    ]);
    expect(code, stderr).toBe(0);
    expect(seen[2]?.results).toMatch(/^(circle 1\.2\.3|x: |.*circle)/);
  });
});

describe("a form of a server", () => {
  const elicit = { message: "Who?", requestedSchema: { type: "object", properties: { name: { type: "string" } } } };
  const asking = (log: string, fill: (signal: AbortSignal) => Promise<ElicitAnswer>) =>
    serverHere({ tools: named("ask"), elicit, log }, { ground: { elicit: (_, signal) => fill(signal) } });
  const logged = async (log: string, wanted: RegExp) => {
    for (let n = 0; n < 200 && !wanted.test(readFileSync(log, "utf8")); n += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return readFileSync(log, "utf8");
  };

  it("goes away with the call that wanted it, and what is answered later is not sent", async () => {
    const log = join(served({}).work, "log");
    const stop = new AbortController();
    const late = later<ElicitAnswer>();
    const taken = later<void>();
    const server = asking(log, (signal) => {
      signal.addEventListener("abort", () => taken.resolve());
      stop.abort();
      return late.promise;
    });
    await expect(use(server, "ask", { signal: stop.signal })).rejects.toThrow();
    await taken.promise;
    late.resolve({ action: "accept", content: { name: "a secret" } });
    expect(await logged(log, /answered/)).not.toContain("a secret");
    await server.close();
  });

  it("is declined where five of it wait already", async () => {
    const log = join(served({}).work, "log");
    let shown = 0;
    const last = later<ElicitAnswer>();
    const server = asking(log, () => {
      shown += 1;
      if (shown === 5) setTimeout(() => last.resolve({ action: "cancel" }), 100);
      return last.promise;
    });
    const { content } = await use(server, "ask", { input: { times: 50 } });
    expect(shown).toBe(5);
    expect(JSON.stringify(content).match(/decline/g)).toHaveLength(45);
    await server.close();
  });
});

describe("an answer over HTTP", () => {
  it("breaks where one message of it is too long, and a stream of short ones may be of any length", async () => {
    const piece = Buffer.alloc(1 << 20, "x");
    await using server = await answering(({ url }, response) => {
      const events = url !== "/body";
      response.writeHead(200, { "content-type": events ? "text/event-stream; charset=utf-8" : "application/json" });
      const pump = (left: number): void => {
        if (left === 0 || response.destroyed) return void response.end();
        response.write(piece);
        response.write(url === "/events" ? "\r\n\r\n" : url === "/lines" ? "\n" : "", () => pump(left - 1));
      };
      pump(20);
    });
    const read = async (path: string) => (await (await bounded(fetch)(server.url + path)).arrayBuffer()).byteLength;
    expect(await read("/events")).toBeGreaterThan(LONGEST);
    await expect(read("/body")).rejects.toThrow("a message is longer than 16 MB");
    await expect(read("/lines")).rejects.toThrow("a message is longer than 16 MB");
  });
});
