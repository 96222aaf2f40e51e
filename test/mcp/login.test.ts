import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt, type Place, start } from "../cli/nanocoder.js";
import { guardedServer } from "./guarded.js";
import { served } from "./serving.js";

const call = (name: string) => ({ calls: [{ name, input: {} }] });

async function used(where: Place) {
  await using server = await modelServer([call("mcp_tools"), call("mcp__far__secret"), "done"]);
  const ended = await nanocoder(["-p", "x", "--allow", "mcp__*"], { place: where, env: openaiAt(server.url) });
  return { ...ended, results: server.requests.map(({ results }) => results.join()) };
}

/** Logs in as a person does: opens the address that is printed, and follows where it leads. */
async function login(where: Place, follow = (to: string) => to) {
  const child = start(["mcp", "login", "far"], { place: where });
  let said = "";
  for await (const piece of child.stdout ?? []) {
    said += piece;
    const address = /http\S+\/authorize\S+\n/.exec(said)?.[0].trim();
    if (address === undefined) continue;
    const back = (await fetch(address, { redirect: "manual" })).headers.get("location") ?? "";
    await fetch(follow(back));
    break;
  }
  return child.ended;
}

it("a server that wants a login is told with what to do; after the login it works, in every later run, also when the token is over", async () => {
  await using far = await guardedServer();
  const where = served({ far: { type: "http", url: far.url } });
  const before = await used(where);
  expect(before.stderr).toContain("The MCP server far is not connected: it wants a login: nanocoder mcp login far");
  expect(before.results[1]).toContain("nanocoder mcp login far");
  expect(far.registered).toBe(0);
  const ended = await login(where);
  expect(ended.code, ended.stderr).toBe(0);
  const path = join(where.home, ".nanocoder/mcp-tokens.json");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).toContain("token-1");
  expect((await used(where)).results[2]).toBe("the secret");
  far.expire();
  expect((await used(where)).results[2]).toBe("the secret");
  expect(far.refreshed).toBe(1);
  expect((await nanocoder(["mcp", "logout", "far"], { place: where })).code).toBe(0);
  expect(readFileSync(path, "utf8")).not.toContain("token");
});

it("an answer that is not of this login is refused", async () => {
  await using far = await guardedServer();
  const where = served({ far: { type: "http", url: far.url } });
  const ended = await login(where, (back) => back.replace(/state=[^&]*/, "state=another"));
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("the answer to the login is not of this login");
  expect((await used(where)).results[1]).toContain("it wants a login");
});
