import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Server } from "../../src/mcp/server.js";
import { modelServer } from "../../src/models/scripted/server.js";
import { openaiAt, processesWith, start } from "../cli/nanocoder.js";
import { fixture, served, serverHere } from "./serving.js";

const wait = { calls: [{ name: "mcp_tools", input: {} }] };

async function until(holds: () => boolean, ms = 10_000): Promise<void> {
  const end = Date.now() + ms;
  while (!holds() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Starts a run with three servers, one of them deaf to signals and with a child in a session of its own; `end` ends it once all stand. */
async function survivors(end: (child: ReturnType<typeof start>) => void, last: object): Promise<string[]> {
  const mark = `mcp-lives-${Math.random().toString(36).slice(2)}`;
  const log = join(served({}).work, "log");
  const one = (more: object) => fixture({ mark, log, ...more });
  const where = served({ a: one({}), b: one({ stubborn: true, child: mark }), c: one({ silent: true }) });
  await using server = await modelServer([{ calls: [{ name: "mcp_tools", input: { server: "b" } }] }, last]);
  const child = start(["-p", "x"], { place: where, env: openaiAt(server.url) });
  const started = () => (existsSync(log) ? readFileSync(log, "utf8").split("started ").length - 1 : 0);
  await until(() => started() === 3 && processesWith(mark).length === 4);
  expect(processesWith(mark).length).toBe(4);
  end(child);
  await child.ended;
  await until(() => processesWith(mark).length === 0, 3000);
  return processesWith(mark);
}

it("no server survives the end of the run", async () => {
  expect(await survivors(() => undefined, { text: "done", delay: 1500 })).toEqual([]);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const)
  it(`no server survives ${signal}`, async () => {
    for (let round = 0; round < 3; round += 1)
      expect(await survivors((child) => child.kill(signal), { silent: true })).toEqual([]);
  });

it("no server survives a run that is ended by force", async () => {
  const twice = (child: ReturnType<typeof start>) => {
    child.kill("SIGINT");
    setTimeout(() => child.kill("SIGINT"), 30);
  };
  expect(await survivors(twice, { silent: true })).toEqual([]);
});

const never = new AbortController().signal;

it("a server that is let go of ends, with all that it started, while we go on", async () => {
  const mark = `mcp-let-go-${Math.random().toString(36).slice(2)}`;
  const server = serverHere({ stubborn: true, child: mark });
  expect(await server.settled(never)).toEqual({ state: "ready" });
  await until(() => processesWith(mark).length === 2);
  expect(processesWith(mark).length).toBe(2);
  await server.close();
  expect(processesWith(mark)).toEqual([]);
});

it("a server that was lost is connected anew by itself; one that keeps failing is given up after a while", async () => {
  const states: string[] = [];
  const note = ({ standing: { state } }: Server) => void states.push(state);
  const wish = { signal: never, timeout: 1000, progress: () => undefined };
  const server = serverHere(
    { tools: [{ name: "die", inputSchema: { type: "object" } }], die: "die" },
    { changed: note },
  );
  await server.settled(never);
  await expect(server.use(never, (connection) => connection.call("die", {}, wish))).rejects.toThrow(/closed/i);
  await until(() => states.length === 5);
  expect(states).toEqual(["connecting", "ready", "again", "connecting", "ready"]);
  await server.close();
  const failing: string[] = [];
  const dead = serverHere(
    { exit: 1, stderr: "no licence\n" },
    {
      changed: ({ standing }) => void failing.push(standing.state),
    },
  );
  dead.start();
  await until(() => failing.at(-1) === "failed", 15_000);
  expect(failing.filter((state) => state === "again")).toHaveLength(3);
  expect(dead.told()).toBe("it exited with code 1. It said:\nno licence");
  await dead.close();
});

const wish = { signal: never, timeout: 300, progress: () => undefined };
const named = (...names: string[]) => names.map((name) => ({ name, inputSchema: { type: "object" } }));
const use = (server: Server, name: string) => server.use(never, (connection) => connection.call(name, {}, wish));

it("a server that answers nothing any more is found out by a call that got no answer, and connected anew", async () => {
  const mark = `mcp-deaf-${Math.random().toString(36).slice(2)}`;
  const states: string[] = [];
  const note = ({ standing: { state } }: Server) => void states.push(state);
  const server = serverHere(
    { tools: named("deaf", "well"), deaf: "deaf", mark, stubborn: true },
    { changed: note, times: { pulse: 300 } },
  );
  await expect(use(server, "deaf")).rejects.toThrow(
    /timed out: the server "here" no longer answers, and is connected anew/,
  );
  expect(await use(server, "well")).toMatchObject({ failed: false });
  expect(states).toEqual(["connecting", "ready", "again", "connecting", "ready"]);
  // the one before does not stay beside it
  expect(processesWith(mark)).toHaveLength(1);
  await server.close();
});

it("a call that takes too long is no reason to connect anew while its server answers", async () => {
  const states: string[] = [];
  const note = ({ standing: { state } }: Server) => void states.push(state);
  const server = serverHere({ tools: named("hang", "well"), hang: "hang" }, { changed: note });
  await expect(use(server, "hang")).rejects.toThrow(/timed out$/);
  expect(await use(server, "well")).toMatchObject({ failed: false });
  expect(states).toEqual(["connecting", "ready"]);
  await server.close();
});

it("after a long rest a server is asked whether it answers before it is called, and the call is made once", async () => {
  const log = join(served({}).work, "log");
  const server = serverHere({ tools: named("numb", "well"), numb: "numb", log }, { times: { idle: 0, pulse: 300 } });
  expect(await use(server, "numb")).toMatchObject({ failed: false });
  expect(await use(server, "well")).toMatchObject({ failed: false });
  const lines = readFileSync(log, "utf8").split("\n");
  expect(lines.filter((line) => line.startsWith("started"))).toHaveLength(2);
  expect(lines.filter((line) => line.startsWith("call well"))).toHaveLength(1);
  await server.close();
});

it("a server that never answers keeps no prompt waiting, and ends with the run", async () => {
  const where = served({ mute: fixture({ silent: true }) });
  await using server = await modelServer(["done"]);
  const began = performance.now();
  const child = start(["-p", "x"], { place: where, env: openaiAt(server.url) });
  await until(() => server.requests.length > 0);
  const asked = performance.now() - began;
  const ended = await child.ended;
  expect(ended.code, ended.stderr).toBe(0);
  // far below the time that a server has to answer; bench measures how far
  expect(asked).toBeLessThan(5000);
});

it("a server that greets and then never tells its tools is let go of at once", async () => {
  const log = join(served({}).work, "log");
  const server = serverHere({ listless: true, log });
  server.start();
  await until(() => existsSync(log) && readFileSync(log, "utf8").includes("capabilities"));
  const began = performance.now();
  await server.close();
  expect(performance.now() - began).toBeLessThan(5000);
});

it("a dead server costs no turn", async () => {
  const where = served({ dead: fixture({ exit: 1 }), gone: { command: "/no/such/program" } });
  await using server = await modelServer([{ calls: [{ name: "bash", input: { command: "sleep 1" } }] }, "done"]);
  const ended = await start(["-p", "x"], { place: where, env: openaiAt(server.url) }).ended;
  expect(ended.stdout).toBe("done\n");
  expect(server.requests).toHaveLength(2);
});

it("nothing of servers is loaded or told where none is configured", async () => {
  const where = served({});
  await using server = await modelServer([wait, "done"]);
  await start(["-p", "x"], { place: where, env: openaiAt(server.url) }).ended;
  expect(server.requests[0]?.tools.filter((name) => name.startsWith("mcp"))).toEqual([]);
  expect(server.requests[1]?.results.join()).toContain('There is no tool "mcp_tools"');
});

it("of what a dead server wrote, the line that names the error is told", async () => {
  const stderr =
    "node:internal:1\n  throw err;\n\nError: Cannot find module '/x'\n  requireStack: []\n}\n\nNode.js v20\n";
  const dead = serverHere({ exit: 1, stderr });
  await dead.settled(AbortSignal.timeout(15_000)).catch(() => undefined);
  expect(dead.told()).toBe("it exited with code 1. It said:\nError: Cannot find module '/x'");
  await dead.close();
});
