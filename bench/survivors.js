// What outlives nanocoder: three MCP servers, two background commands and two sub-agents at work, ended in every way.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FIXTURE = join(import.meta.dirname, "../test/mcp/fixture.mjs");
const WAYS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "exit"];
/** Servers (one with a child of its own), background commands, and the commands of the sub-agents. */
const STANDING = 4 + 2 + 2;

/** Counts rounds, and processes that were still there three seconds after the end. */
export async function survivors({ main, rounds, serve, envFor }) {
  let left = 0;
  let short = 0;
  for (let n = 0; n < rounds; n += 1) {
    const found = await round({
      main,
      serve,
      envFor,
      way: WAYS[n % WAYS.length],
      mark: `survivor-${process.pid}-${n}`,
    });
    left += found.left;
    short += found.stood < STANDING ? 1 : 0;
  }
  return {
    "survivors: rounds": rounds,
    "survivors: rounds where not all had started": short,
    "survivors: processes left": left,
  };
}

async function round({ main, serve, envFor, way, mark }) {
  const sleeps = (time) => ({ command: `sleep ${time}; : ${mark}` });
  const server = await serve((request) => {
    if (request.system.startsWith("You are a sub-agent")) return { calls: [{ name: "bash", input: sleeps(61) }] };
    if (request.messages.at(-1)?.role !== "user") return { text: "waiting", hold: way === "exit" ? 1500 : 60_000 };
    const beside = { name: "bash", input: { ...sleeps(60), run_in_background: true } };
    const child = { name: "agent", input: { task: "wait a while" } };
    // what stays open is ended; on the way out by itself nothing is waited for
    return { calls: way === "exit" ? [beside, beside] : [beside, beside, child, child] };
  });
  const env = envFor(server);
  const one = (more) => ({ command: process.execPath, args: [FIXTURE, JSON.stringify({ mark, ...more })] });
  mkdirSync(env.NANOCODER_HOME, { mode: 0o700 });
  const mcpServers = { a: one({}), b: one({ stubborn: true, child: mark }), c: one({ silent: true }) };
  writeFileSync(join(env.NANOCODER_HOME, "settings.json"), JSON.stringify({ mcpServers }));
  const args = [main, "-p", "begin", "--permission-mode", "auto", ...(way === "exit" ? ["--max-turns", "2"] : [])];
  const child = spawn(process.execPath, args, {
    cwd: env.HOME,
    env: { PATH: process.env.PATH, ...env },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const wanted = way === "exit" ? STANDING - 2 : STANDING;
  const stood = await until(() => holding(mark).length >= wanted, 10_000).then(() => holding(mark).length);
  if (way !== "exit") child.kill(way);
  await ended;
  await until(() => holding(mark).length === 0, 3000);
  return { left: holding(mark).length, stood: way === "exit" ? stood + 2 : stood };
}

async function until(holds, ms) {
  const end = Date.now() + ms;
  while (!holds() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
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
