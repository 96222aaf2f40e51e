import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SeenRequest, Turn } from "../../src/models/scripted/script.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, type Place, processesWith } from "../cli/nanocoder.js";
import { fixture, served, serverTools } from "./serving.js";

const OBJECT = { type: "object", properties: {} };
const call = (name: string, input = {}) => ({ calls: [{ name, input }] });
const wait = call("mcp_tools");
const isChild = ({ system }: SeenRequest) => system.startsWith("You are a sub-agent");
const round = ({ messages }: SeenRequest) => messages.filter(({ role }) => role === "assistant").length;
const named = (...names: string[]) => names.map((name) => ({ name, inputSchema: OBJECT }));

type Steps = readonly (string | Turn)[];

/** Plays a session with a sub-agent at a place. */
async function played(where: Place, { parent, child }: { parent: Steps; child: Steps }, args = ["--allow", "mcp__*"]) {
  await using server = await modelServer(
    (request) => (isChild(request) ? child : parent)[round(request)] ?? (isChild(request) ? "child is done" : "done"),
  );
  const ended = await nanocoder(["-p", "go", "--no-sandbox", ...args], { place: where, env: openaiAt(server.url) });
  return {
    ...ended,
    children: server.requests.filter(isChild),
    parents: server.requests.filter((each) => !isChild(each)),
  };
}

/** A place with a server and a type of sub-agent that lists tools. */
function typed(mcpServers: object, tools: string): Place {
  const where = served(mcpServers);
  mkdirSync(join(where.home, ".nanocoder/agents"));
  const head = `---\nname: helper\ndescription: Helps.\ntools: ${tools}\n---\nHelp.`;
  writeFileSync(join(where.home, ".nanocoder/agents/helper.md"), head);
  return where;
}

const starts = (log: string) => readFileSync(log, "utf8").match(/started/g)?.length;

describe("the servers of a session", () => {
  it("are its sub-agents' too, over the same connection, and stay when one of those is done", async () => {
    const mark = `mcp-shared-${Math.random().toString(36).slice(2)}`;
    const log = join(served({}).work, "log");
    const where = served({ fix: fixture({ tools: named("act"), log, mark }) });
    const two = { calls: ["one", "two"].map((task) => ({ name: "agent", input: { task } })) };
    const { children, parents, code, stderr } = await played(where, {
      parent: [wait, two, call("mcp__fix__act", { by: "parent" })],
      child: [call("mcp__fix__act", { by: "child" })],
    });
    expect(code, stderr).toBe(0);
    expect(serverTools(children[0]?.tools)).toEqual(["mcp__fix__act"]);
    expect(children[0]?.raw).toContain("There is the MCP server fix.");
    expect(children.flatMap(({ results }) => results)).toEqual(Array(2).fill('act 1.2.3 {"by":"child"}'));
    expect(parents.at(-1)?.results.at(-1)).toBe('act 1.2.3 {"by":"parent"}');
    expect(starts(log)).toBe(1);
    expect(processesWith(mark)).toEqual([]);
  });

  it("are connected by a sub-agent that wants one first", async () => {
    const log = join(served({}).work, "log");
    const { children } = await played(served({ fix: fixture({ log }) }), {
      parent: [call("agent", { task: "one" })],
      child: [wait, call("mcp__fix__get_version")],
    });
    expect(children[2]?.results).toContain("get.version 1.2.3 {}");
    expect(starts(log)).toBe(1);
  });

  it("are for a type that lists tools those that it lists: by name, or all of a server", async () => {
    const servers = {
      fix: fixture({ tools: named("one", "two") }),
      all: fixture({ tools: named("three", "four") }),
      other: fixture({ tools: named("five") }),
    };
    const where = typed(servers, "Read, mcp__fix__two, mcp__all");
    const { children } = await played(where, {
      parent: [wait, call("agent", { task: "one", type: "helper" })],
      child: [wait, call("mcp__fix__one"), call("mcp_tools", { query: "one five" })],
    });
    expect(children[0]?.tools).toEqual([
      ...["read_file", "mcp_tools", "mcp__fix__two", "mcp__all__three", "mcp__all__four"],
    ]);
    expect(children[0]?.raw).not.toContain("MCP server other");
    expect(children[1]?.results.at(-1)).not.toMatch(/mcp__fix__one|other/);
    expect(children[2]?.results.at(-1)).toContain('There is no tool "mcp__fix__one"');
    expect(children[3]?.results.at(-1)).toContain("Nothing fits");
  });

  it("are nobody's where a type lists none of them, or the session has none of them", async () => {
    const where = typed({ fix: fixture() }, "Read");
    const parent = [wait, call("agent", { task: "one", type: "helper" })];
    const { children } = await played(where, { parent, child: [] });
    expect(children[0]?.tools).toEqual(["read_file"]);
    const fewer = typed({ fix: fixture({ tools: named("one", "two") }) }, "Read, mcp__fix");
    const only = ["--tools", "read_file,agent,mcp__fix__two", "--allow", "mcp__*"];
    const under = await played(fewer, { parent, child: [] }, only);
    expect(serverTools(under.children[0]?.tools)).toEqual(["mcp__fix__two"]);
  });

  it("ask in a sub-agent's name", async () => {
    const log = join(served({}).work, "log");
    const where = served({ fix: fixture({ tools: named("act"), log }) });
    const plays = { parent: [wait, call("agent", { task: "do it" })], child: [call("mcp__fix__act")] };
    const { code, children, stderr } = await played(where, plays, []);
    expect(code).toBe(4);
    expect(children[1]?.results[0]).toMatch(/^Denied: the MCP server fix does it/);
    expect(stderr).toMatch(/denied: agent: sub-agent “do it”, mcp__fix__act: /);
    expect(existsSync(log) && readFileSync(log, "utf8")).not.toContain("call act");
  });

  it("are loaded by each for itself", async () => {
    const tools = Array.from({ length: 150 }, (_, n) => ({ name: `t${n}`, inputSchema: OBJECT }));
    const { children, parents } = await played(served({ fix: fixture({ tools }) }), {
      parent: [wait, call("mcp_tools", { query: "t7" }), call("agent", { task: "one" })],
      child: [call("mcp_tools", { query: "mcp__fix__t149" })],
    });
    expect(serverTools(parents[2]?.tools)).toContain("mcp__fix__t7");
    expect(serverTools(children[0]?.tools)).toEqual([]);
    expect(serverTools(children[1]?.tools)).toContain("mcp__fix__t149");
    expect(serverTools(parents[3]?.tools)).not.toContain("mcp__fix__t149");
  });
});
