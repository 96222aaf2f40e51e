import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { modelServer } from "../../src/models/scripted/server.js";
import { nanocoder, openaiAt } from "../cli/nanocoder.js";
import { served } from "./serving.js";

const FOLDER = join(import.meta.dirname, "../../node_modules/@modelcontextprotocol");
const official = (name: string, ...args: string[]) => ({
  command: process.execPath,
  args: [join(FOLDER, name, "dist/index.js"), ...args],
});
const call = (name: string, input = {}) => ({ calls: [{ name, input }] });

it("server-everything and server-filesystem work, and what they write can be undone", async () => {
  const where = served({ all: official("server-everything"), files: official("server-filesystem", ".") });
  const path = join(where.work, "a.txt");
  writeFileSync(path, "before");
  await using server = await modelServer([
    call("mcp_tools", { query: "mcp__all__echo mcp__all__get-tiny-image mcp__files__write_file get-sum" }),
    call("mcp__all__echo", { message: "你好" }),
    call("mcp__all__get-tiny-image"),
    call("mcp__all__get-sum", { a: 2, b: 40 }),
    call("mcp__files__write_file", { path, content: "after" }),
    "done",
  ]);
  const ended = await nanocoder(["-p", "x", "--allow", "mcp__*"], { place: where, env: openaiAt(server.url) });
  expect(ended.code, ended.stderr).toBe(0);
  expect(server.requests[2]?.results).toEqual(["Echo: 你好"]);
  expect(server.requests[3]?.raw).toContain("data:image/png;base64,");
  expect(server.requests[4]?.results.join()).toContain("42");
  expect(readFileSync(path, "utf8")).toBe("after");
  const undone = await nanocoder(["undo"], { place: where });
  expect(undone.code, undone.stderr + undone.stdout).toBe(0);
  expect(readFileSync(path, "utf8")).toBe("before");
});

it("server-everything works over HTTP, and comes back after it was gone", async () => {
  const port = await freePort();
  const where = served({ all: { type: "http", url: `http://127.0.0.1:${port}/mcp` } });
  const begun = async () => {
    const program = join(FOLDER, "server-everything/dist/index.js");
    const child = spawn(process.execPath, [program, "streamableHttp"], {
      env: { PATH: process.env.PATH, PORT: String(port) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    await once(child.stderr, "data");
    return child;
  };
  let child: ChildProcess = await begun();
  const again = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
    child = await begun();
    return call("mcp__all__echo", { message: "two" });
  };
  try {
    await using server = await modelServer([
      call("mcp_tools", { query: "echo" }),
      call("mcp__all__echo", { message: "one" }),
      again,
      call("mcp__all__echo", { message: "three" }),
      "done",
    ]);
    const ended = await nanocoder(["-p", "x", "--allow", "mcp__*"], { place: where, env: openaiAt(server.url) });
    expect(ended.code, ended.stderr).toBe(0);
    expect(server.requests[2]?.results).toEqual(["Echo: one"]);
    // its session is gone with it: this one is not sent twice
    expect(server.requests[3]?.results.join()).toMatch(/^MCP error: /);
    expect(server.requests[4]?.results).toEqual(["Echo: three"]);
  } finally {
    child.kill("SIGKILL");
  }
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}
