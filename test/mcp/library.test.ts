import { mkdtempSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type AgentOptions, createAgent } from "../../src/index.js";
import { scriptedModel } from "../../src/testing.js";
import { processesWith } from "../cli/nanocoder.js";
import { fixture, serverTools } from "./serving.js";

const folder = () => realpathSync(mkdtempSync(join(tmpdir(), "mcp-library-")));
const call = (name: string, input = {}) => ({ calls: [{ name, input }] });
const wait = call("mcp_tools");
const use = call("mcp__fix__get_version", { words: "x" });

it("a program names servers: their tools are called by leave, and close ends them", async () => {
  const mark = `mcp-library-${Math.random().toString(36).slice(2)}`;
  const [home, log] = [folder(), join(folder(), "log")];
  const model = scriptedModel([wait, use, "done"]);
  const agent = await createAgent({
    ...{ model, home, cwd: folder() },
    mcpServers: { fix: fixture({ mark, log }) },
    rules: { allow: ["mcp__fix__*"] },
    builtins: ["read_file"],
  });
  expect(await agent.chat("go")).toBe("done");
  const tools = model.requests.map((request) => request.tools.map(({ name }) => name));
  expect(tools[0]).toEqual(["read_file", "mcp_tools"]);
  expect(tools[1]).toEqual(["read_file", "mcp_tools", "mcp__fix__get_version"]);
  expect(JSON.stringify(model.requests[2]?.messages)).toContain("get.version 1.2.3");
  expect(processesWith(mark)).toHaveLength(1);
  await agent.close();
  expect(processesWith(mark)).toEqual([]);
  // nothing is kept that nobody wished to keep
  expect(readdirSync(home)).toEqual([]);
});

it("without leave a server's tool is refused, and with a session what it offers is known the next time", async () => {
  const [home, cwd, log] = [folder(), folder(), join(folder(), "log")];
  const options = { home, cwd, session: {}, mcpServers: { fix: fixture({ log }) } } as const;
  const first = await createAgent({ ...options, model: scriptedModel([wait, use, "done"]) });
  await first.chat("go");
  expect(first.log.events.find((event) => event.type === "judged")).toMatchObject({ verdict: "deny" });
  await first.close();
  const model = scriptedModel(["done"]);
  const second = await createAgent({ ...options, model });
  await second.chat("go");
  await second.close();
  expect(serverTools(model.requests[0]?.tools.map(({ name }) => name))).toEqual(["mcp__fix__get_version"]);
  expect(readFileSync(log, "utf8")).not.toContain("call");
});

it("a server that cannot be is an error with a sentence", async () => {
  const bad: [object, string][] = [
    [{ fix: { command: 3 } }, 'mcpServers: the server "fix": "command" wants a text'],
    [{ fix: {} }, 'mcpServers: the MCP server "fix" is left out: it wants a "command" to start, or a "url".'],
    [{ "…": { command: "x" } }, 'mcpServers: the MCP server "…" is left out: a name wants a letter or digit.'],
    [{ fix: { url: "ftp://x" } }, 'mcpServers: the MCP server "fix" is left out: "ftp://x" is no http address.'],
  ];
  for (const [mcpServers, why] of bad) {
    const options = { model: scriptedModel(["x"]), mcpServers } as AgentOptions;
    await expect(createAgent(options)).rejects.toThrow(why);
  }
});
