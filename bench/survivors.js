// What outlives nanocoder: three MCP servers, two background commands, and two sub-agents in the background with commands of their own, ended in every way.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { begin } from "./repl.js";

const FIXTURE = join(import.meta.dirname, "../test/mcp/fixture.mjs");
/** How a one-shot run ends, and how a session does; the last of each is the way out by itself. */
const WAYS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "exit"];
const KEYS = ["Ctrl+C twice", "SIGTERM", "SIGHUP", "SIGKILL", "Ctrl+D"];
/** Servers (one with a child of its own), background commands, and of each sub-agent a command that it waits for and one beside it. */
const STANDING = 4 + 2 + 2 * 2;
/** Rounds at a time: most of one is waiting. */
const TOGETHER = 3;

/** Counts rounds, and processes that were still there three seconds after the end. */
export async function survivors({ main, rounds, serve, envFor }) {
  const found = [];
  let next = 0;
  const began = performance.now();
  const work = async () => {
    while (next < rounds) {
      const n = next;
      next += 1;
      const [ways, start] = n % 2 === 0 ? [WAYS, oneShot] : [KEYS, session];
      const way = ways[Math.floor(n / 2) % ways.length];
      found.push(await round({ main, serve, envFor, way, start, mark: `survivor-${process.pid}-${n}.` }));
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  const times = found.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    "survivors: rounds": found.length,
    "survivors: rounds where not all had started": found.filter(({ stood }) => stood < STANDING).length,
    "survivors: processes left": found.reduce((sum, { left }) => sum + left, 0),
    "survivors: sub-agents whose log has no end": found.reduce((sum, { open }) => sum + open, 0),
    "survivors: from the signal to the exit, longest, ms": Math.round(times.at(-1) ?? 0),
    "survivors: all, s": Math.round((performance.now() - began) / 1000),
  };
}

async function round({ main, serve, envFor, way, start, mark }) {
  const sleeps = (time) => ({ command: `sleep ${time}; : ${mark}` });
  const bash = (input) => ({ name: "bash", input });
  const beside = (time) => bash({ ...sleeps(time), run_in_background: true });
  const aside = (task) => ({ name: "agent", input: { task, background: true } });
  let stood = 0;
  // on the way out by itself they may be gone before a second look
  const isAll = () => {
    stood = Math.max(stood, holding(mark).length);
    return stood >= STANDING;
  };
  const all = () => until(isAll, 30_000);
  const server = await serve(async (request) => {
    if (request.system.startsWith("You are a sub-agent")) return { calls: [beside(62), bash(sleeps(61))] };
    if (request.messages.at(-1)?.role === "user") return { calls: [beside(60), beside(60), aside("a"), aside("b")] };
    // what stays open is ended; on the way out by itself the limit of turns ends it, and nothing is waited for
    if (way !== "exit") return { text: "waiting", hold: 60_000 };
    await all();
    return { calls: [{ name: "glob", input: { pattern: "*" } }] };
  });
  const env = envFor(server);
  const one = (more) => ({ command: process.execPath, args: [FIXTURE, JSON.stringify({ mark, ...more })] });
  mkdirSync(env.NANOCODER_HOME, { mode: 0o700 });
  const mcpServers = { a: one({}), b: one({ stubborn: true, child: mark }), c: one({ silent: true }) };
  writeFileSync(join(env.NANOCODER_HOME, "settings.json"), JSON.stringify({ mcpServers }));
  const run = start(main, env, way);
  await all();
  const began = performance.now();
  await run.end();
  const ms = performance.now() - began;
  await until(() => holding(mark).length === 0, 3000);
  return { left: holding(mark).length, stood, ms, open: way === "SIGKILL" ? 0 : openLogs(env.NANOCODER_HOME) };
}

function oneShot(main, env, way) {
  const args = [main, "-p", "begin", "--permission-mode", "auto", ...(way === "exit" ? ["--max-turns", "2"] : [])];
  const child = spawn(process.execPath, args, {
    cwd: env.HOME,
    env: { PATH: process.env.PATH, ...env },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const end = () => {
    if (way !== "exit") child.kill(way);
    return ended;
  };
  return { end };
}

// keys come one by one: the first ends the turn
function session(main, env, way) {
  const one = begin([main, "begin", "--permission-mode", "auto"], env);
  const end = async () => {
    if (way.startsWith("SIG")) process.kill(one.pid, way);
    else {
      one.write("\u0003");
      await one.seen(/interrupted/);
      one.write(way === "Ctrl+D" ? "\u0004" : "\u0003");
      if (way !== "Ctrl+D") one.write("\u0003");
    }
    return one.ended;
  };
  return { end };
}

// logs of sub-agents that end in the middle of the work
function openLogs(home) {
  const root = join(home, "sessions");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsonl"));
  const logs = files.map((name) => readFileSync(join(root, name), "utf8").trim());
  const isChild = (text) => text.includes('"from":"agent"');
  return logs.filter((text) => isChild(text) && !text.split("\n").at(-1).includes('"type":"ended"')).length;
}

async function until(holds, ms) {
  const end = Date.now() + ms;
  while (!holds() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
}

// a command line that holds the mark is a process of that round
function holding(mark) {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark);
    } catch {
      return false;
    }
  });
}
