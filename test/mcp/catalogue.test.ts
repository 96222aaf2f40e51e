import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/core/message.js";
import { loadCatalogue } from "../../src/mcp/kept.js";
import { poolOf } from "../../src/mcp/pool.js";
import { Server } from "../../src/mcp/server.js";
import type { Catalogue, CatalogueStore } from "../../src/mcp/types.js";
import { cataloguesIn } from "../../src/store/catalogues.js";
import { nanocoder, type Place, place } from "../cli/nanocoder.js";
import { ALLOW, fixture, GROUND, ranAt, served, serverHere, serverTools } from "./serving.js";

const OBJECT = { type: "object", properties: {} };
const call = (name: string, input = {}) => ({ calls: [{ name, input }] });
const wait = call("mcp_tools");
const use = call("mcp__fix__act", { words: "x" });

const folderOf = ({ home }: Place) => join(home, ".nanocoder/mcp-catalogues");
const filesOf = (where: Place) => (existsSync(folderOf(where)) ? readdirSync(folderOf(where)) : []);

/** A server whose tools a file holds, with the run behind it in which they became known. */
async function known(
  more: object = {},
  tools: object[] = [{ name: "act", description: "Acts.", inputSchema: OBJECT }],
) {
  const folder = served({}).work;
  const [toolsFile, log, dies, mute] = ["tools.json", "log", "dies", "mute"].map((name) => join(folder, name)) as [
    ...[string, string, string, string],
  ];
  const says = (list: object[]) => writeFileSync(toolsFile, JSON.stringify(list));
  says(tools);
  const where = served({ fix: fixture({ toolsFile, log, dies, mute, ...more }) });
  const { code, stderr } = await ranAt(where, [wait, "done"]);
  expect(code, stderr).toBe(0);
  writeFileSync(log, "");
  return { where, says, log, dies, mute };
}

describe("what a server offered before", () => {
  it("is offered from the first request on, and a call to it waits for the connection", async () => {
    const { where, log } = await known({ instructions: "Use it well." });
    const { seen, code, stderr } = await ranAt(where, [use, "done"]);
    expect(code, stderr).toBe(0);
    expect(serverTools(seen[0]?.tools)).toEqual(["mcp__fix__act"]);
    expect(seen[0]?.raw).toContain("> Use it well.");
    expect(seen[0]?.raw).not.toContain("being connected");
    expect(seen[1]?.results).toBe('act 1.2.3 {"words":"x"}');
    // nothing that was told is told again, and nothing before it changed
    expect(seen[1]?.tools).toEqual(seen[0]?.tools);
    expect(seen[1]?.raw.split("Use it well.")).toHaveLength(2);
    expect(readFileSync(log, "utf8").match(/started/g)).toHaveLength(1);
  });

  it("is kept in the user's home alone, for nobody else to read", async () => {
    const { where } = await known();
    expect(statSync(folderOf(where)).mode & 0o777).toBe(0o700);
    expect(filesOf(where)).toHaveLength(1);
    expect(statSync(join(folderOf(where), filesOf(where)[0] ?? "")).mode & 0o777).toBe(0o600);
    expect(readdirSync(where.work)).toEqual([]);
  });

  it("gives no leave: what asked asks, and a rule for what the tool said of itself counts for just that", async () => {
    const { where, says, log } = await known();
    const denied = await ranAt(where, [use, "done"], []);
    expect(denied.code).toBe(4);
    const rule = /--allow '([^']+)'/.exec(denied.seen[1]?.results ?? "")?.[1] ?? "";
    expect(rule).toMatch(/^mcp__fix__act\(fix@/);
    expect((await ranAt(where, [use, "done"], ["--allow", rule])).code).toBe(0);
    writeFileSync(log, "");
    says([{ name: "act", description: "Acts otherwise.", inputSchema: OBJECT }]);
    const { seen } = await ranAt(where, [use, use, "done"], ["--allow", rule]);
    expect(seen[1]?.results).toMatch(/^MCP error: the tool act of the server "fix" is described otherwise now/);
    expect(seen[2]?.results).toMatch(/^Denied/);
    expect(readFileSync(log, "utf8")).not.toContain("call act");
  });

  it("gives way to what the server offers now: a tool that changed or went is not called, and one sentence says so", async () => {
    const { where, says } = await known(
      {},
      ["act", "gone"].map((name) => ({ name, inputSchema: OBJECT })),
    );
    const schema = { type: "object", properties: { words: { type: "integer" } } };
    says([{ name: "act", description: "New.", inputSchema: schema }]);
    const { seen } = await ranAt(where, [
      { calls: [{ name: "mcp__fix__act" }, { name: "mcp__fix__gone" }] },
      call("mcp__fix__act", { words: 1 }),
      "done",
    ]);
    expect(seen[1]?.results).toBe(
      'MCP error: the tool act of the server "fix" is described otherwise now, and was not called: read its new description first\nMCP error: the tool gone of the server "fix" is not there any more, and was not called',
    );
    expect(serverTools(seen[1]?.tools)).toEqual(["mcp__fix__act"]);
    expect(seen[1]?.raw).toContain('"description":"New."');
    expect(seen[2]?.results).toBe('act 1.2.3 {"words":1}');
    const after = await ranAt(where, ["done"]);
    expect(serverTools(after.seen[0]?.tools)).toEqual(["mcp__fix__act"]);
    expect(after.seen[0]?.raw).toContain('"description":"New."');
  });

  it("is nothing once the server is written otherwise, or no one agrees to it any more", async () => {
    const where = place();
    const { command, args } = fixture();
    const nano = (...words: string[]) => nanocoder(["mcp", ...words], { place: where });
    await nano("add", "fix", "--scope", "project", "--", command, ...args);
    await ranAt(where, [wait, "done"]);
    expect(serverTools((await ranAt(where, ["done"])).seen[0]?.tools)).toEqual(["mcp__fix__get_version"]);
    await nano("add", "fix", "--scope", "project", "--", command, ...args, "more");
    expect((await ranAt(where, ["done"])).seen[0]?.tools).not.toContain("mcp__fix__get_version");
    rmSync(join(where.home, ".nanocoder/mcp-consents.json"));
    await ranAt(where, [wait, "done"], ["--trust", ...ALLOW]);
    expect((await ranAt(where, ["done"])).seen[0]?.tools.filter((name) => name.startsWith("mcp"))).toEqual([]);
  });

  it("costs one call when the server is dead: its tools are offered no more", async () => {
    const { where, dies } = await known({ stderr: "no licence\n" });
    writeFileSync(dies, "");
    const began = performance.now();
    const { seen, code } = await ranAt(where, [use, "done"]);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(code).toBe(0);
    expect(seen[1]?.results).toMatch(/^MCP error: the server "fix" is not connected: it exited with code 3/);
    expect(seen[1]?.tools).not.toContain("mcp__fix__act");
    expect(seen[1]?.raw).toContain(
      "The MCP server fix cannot be reached now, and its tools are not offered; mcp_tools tries again.",
    );
    expect(seen).toHaveLength(2);
  });

  it("is offered no more once an attempt to connect has failed, whether or not it was called", async () => {
    const { where, dies } = await known();
    writeFileSync(dies, "");
    const { seen } = await ranAt(where, [call("bash", { command: "sleep 1" }), "done"], [...ALLOW, "--yolo"]);
    expect(seen[0]?.tools).toContain("mcp__fix__act");
    expect(seen[1]?.tools).not.toContain("mcp__fix__act");
  });

  it("is found by mcp_tools without a connection, where it is a big catalogue", async () => {
    const tools = Array.from({ length: 5000 }, (_, n) => ({
      name: `tool_${n}`,
      description: n === 4321 ? "Brews excellent coffee." : `Does thing ${n}. ${"Long words about it. ".repeat(10)}`,
      inputSchema: OBJECT,
    }));
    const { where, mute } = await known({ pages: 700 }, tools);
    writeFileSync(mute, "");
    const began = performance.now();
    const { seen } = await ranAt(where, [call("mcp_tools", { query: "coffee" }), "done"]);
    expect(seen[0]?.raw).toContain("It has 5000 tools");
    expect(serverTools(seen[1]?.tools)).toEqual(["mcp__fix__tool_4321"]);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe("a file of it that is damaged", () => {
  const damages: Record<string, (path: string) => void> = {
    "is no JSON": (path) => writeFileSync(path, "{"),
    "is of another shape": (path) => writeFileSync(path, '{"tools":[{"name":7}]}'),
    "is nested without end": (path) => {
      const schema = `{"type":"object","properties":${'{"a":'.repeat(100_000)}{}${"}".repeat(100_000)}}`;
      const tools = `[{"name":"act","description":"","schema":${schema}}]`;
      writeFileSync(path, `{"tools":${tools},"prompts":[],"resources":false,"instructions":""}`);
    },
    "is far too large": (path) => writeFileSync(path, `"${"x".repeat(5 << 20)}"`),
    "is a folder": (path) => {
      rmSync(path);
      mkdirSync(path);
    },
    "cannot be written": (path) => {
      writeFileSync(path, "[]");
      chmodSync(join(path, ".."), 0o500);
    },
  };
  for (const [what, damage] of Object.entries(damages))
    it(`is passed over when it ${what}`, async () => {
      const { where } = await known();
      damage(join(folderOf(where), filesOf(where)[0] ?? ""));
      const { seen, code, stderr } = await ranAt(where, [wait, use, "done"]);
      expect(code, stderr).toBe(0);
      expect(serverTools(seen[0]?.tools)).toEqual([]);
      expect(seen[2]?.results).toBe('act 1.2.3 {"words":"x"}');
      chmodSync(folderOf(where), 0o700);
    });

  it("never breaks what is made of it, whatever it holds", () => {
    const way = { type: "stdio", command: "x", args: [], env: {} } as const;
    const spec = { name: "here", from: "here", shown: "", print: "", way };
    const part = fc.oneof(fc.jsonValue(), fc.string(), fc.boolean());
    const tool = fc.record({ name: fc.string(), description: fc.string(), schema: fc.oneof(fc.object(), part) });
    const shapes = fc.record({
      tools: fc.oneof(fc.array(tool), part),
      prompts: fc.oneof(fc.constant([]), fc.array(fc.record({ name: fc.string(), description: part, args: part }))),
      resources: part,
      instructions: part,
    });
    const sound = {
      tools: fc.array(tool),
      prompts: fc.constant([]),
      resources: fc.boolean(),
      instructions: fc.string(),
    };
    fc.assert(
      fc.property(fc.oneof(part, shapes, fc.record(sound)), (kept) => {
        const value = JSON.parse(JSON.stringify(kept ?? null)) as Json;
        const ground = { ...GROUND, catalogues: { load: () => value, save: () => undefined } };
        const catalogue = loadCatalogue(spec, ground);
        if (catalogue === undefined) return;
        const server = new Server({ spec, ground, changed: () => undefined });
        for (const { tool: make } of poolOf([server], { fault: () => undefined, misfits: () => [] }).entries)
          expect(typeof make().description).toBe("string");
      }),
    );
  });
});

it("only the newest files are kept, and none that is too large", () => {
  const home = served({}).home;
  const kept = cataloguesIn(home);
  for (let n = 0; n < 70; n += 1) kept.save(n.toString(16), { n });
  expect(readdirSync(join(home, "mcp-catalogues"))).toHaveLength(64);
  expect(kept.load((69).toString(16))).toEqual({ n: 69 });
  kept.save((69).toString(16), "x".repeat(5 << 20));
  expect(kept.load((69).toString(16))).toBeUndefined();
});

/** A silent server of this very process, of which a tool is known, and which is given up after half a second. */
function silent(): Server {
  const catalogue: Catalogue = {
    tools: [{ name: "act", description: "", schema: OBJECT }],
    ...{ prompts: [], resources: false, instructions: "" },
  };
  const catalogues: CatalogueStore = { load: () => JSON.parse(JSON.stringify(catalogue)), save: () => undefined };
  return serverHere({ silent: true }, { ground: { catalogues }, times: { call: 500 } });
}

it("a call to a server that stays silent ends in its time, and so does one that is taken back", async () => {
  const server = silent();
  expect(server.catalogue?.tools).toHaveLength(1);
  const stop = new AbortController();
  const taken = server.use(stop.signal, async () => "never");
  stop.abort();
  await expect(taken).rejects.toThrow("interrupted");
  expect(server.catalogue?.tools).toHaveLength(1);
  await expect(server.use(new AbortController().signal, async () => "never")).rejects.toThrow(
    'the server "here" is not connected: it did not answer in 0.5 s',
  );
  expect(server.catalogue).toBeUndefined();
  await server.close();
});
