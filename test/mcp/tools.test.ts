import { expect, it } from "vitest";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt } from "../cli/nanocoder.js";
import { fixture, served } from "./serving.js";

const allow = ["--allow", "mcp__*"];
const call = (name: string, input = {}) => ({ calls: [{ name, input }] });

it("a tool is offered under its server's name, and called by its own", async () => {
  const where = served({ fix: fixture() });
  await using server = await modelServer([call("mcp_tools"), call("mcp__fix__get_version", { words: "中文" }), "done"]);
  const ended = await nanocoder(["-p", "x", ...allow], { place: where, env: openaiAt(server.url) });
  expect(ended.code, ended.stderr).toBe(0);
  expect(server.requests[0]?.tools).not.toContain("mcp__fix__get_version");
  expect(server.requests[1]?.tools).toContain("mcp__fix__get_version");
  expect(server.requests[2]?.results.join()).toContain('get.version 1.2.3 {"words":"中文"}');
});
