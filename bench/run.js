// Measures the built command and the wires. Compare figures of one run only, and quote ratios: machines are noisy.
//   npm run bench [-- --json FILE] [--runs N] [--only startup,loop,...]
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { modelServer } from "../dist/testing.js";
import { chunkCost } from "./chunks.js";
import { endurance as longSession } from "./endurance.js";
import { killedGoals, masterCost } from "./goals.js";
import { serversCost } from "./mcp.js";
import { recallCost } from "./memories.js";
import { sessionCost } from "./repl.js";
import { analysisCost, killed, sandboxCost } from "./safety.js";
import { skillsCost } from "./skills.js";
import { survivors } from "./survivors.js";

const { values: options } = parseArgs({
  options: { json: { type: "string" }, runs: { type: "string", default: "7" }, only: { type: "string" } },
});
const RUNS = Number(options.runs);
const MAIN = join(import.meta.dirname, "../dist/cli/main.js");
const figures = {};
const servers = [];

const parts = {
  ...{ startup, oneShot, loop, inStream, parallel, crash, chunks },
  ...{ analysis, sandbox, kills, memories, endurance, goals, repl, delegation, mcp, skills },
};
const wanted = options.only?.split(",") ?? Object.keys(parts);
for (const name of wanted) {
  await parts[name]();
  await Promise.all(servers.splice(0).map((server) => server.close()));
}

for (const [name, figure] of Object.entries(figures)) process.stdout.write(`${name.padEnd(52)} ${show(figure)}\n`);
if (options.json)
  writeFileSync(options.json, `${JSON.stringify({ node: process.version, runs: RUNS, figures }, null, 2)}\n`);
process.exit(0);

// ---- what is measured

async function analysis() {
  Object.assign(figures, await analysisCost());
}

async function delegation() {
  Object.assign(figures, await survivors({ main: MAIN, rounds: RUNS * 10, serve: served, envFor }));
}

async function mcp() {
  Object.assign(figures, await serversCost({ main: MAIN, runs: RUNS * 2, serve: served, envFor }));
}

async function skills() {
  Object.assign(figures, await skillsCost({ main: MAIN, pairs: 15, envFor }));
}

async function repl() {
  Object.assign(figures, await sessionCost({ main: MAIN, runs: RUNS * 2, serve: served, envFor }));
}

async function memories() {
  Object.assign(figures, await recallCost(RUNS));
}

async function goals() {
  for (const checks of [1, 3]) {
    const costs = await masterCost(RUNS * 4, checks);
    figures[`a goal's round beyond its checks (${checks}), ms`] = median(costs);
  }
  const { killed, wrong } = await killedGoals(RUNS * 3);
  figures["goals killed -9 and resumed"] = killed;
  figures["of them, came to another end or were looked at again"] = wrong.length;
}

async function sandbox() {
  Object.assign(figures, await sandboxCost(RUNS * 3));
}

async function kills() {
  Object.assign(figures, await killed({ main: MAIN, times: RUNS * 10, serve: served, envFor }));
}

async function endurance() {
  const envWithFile = (server) => {
    const env = envFor(server);
    writeFileSync(
      join(env.HOME, "a.txt"),
      Array.from({ length: 90 }, (_, at) => `line ${at} ${"text ".repeat(10)}`).join("\n"),
    );
    return { PATH: process.env.PATH, ...env };
  };
  Object.assign(figures, await longSession({ main: MAIN, turns: RUNS * 250, serve: served, envFor: envWithFile }));
}

async function startup() {
  const [empty, version] = [[], []];
  for (let n = 0; n < RUNS; n += 1) {
    empty.push((await timed(["-e", "0"])).ms);
    version.push((await timed([MAIN, "--version"])).ms);
  }
  figures["empty node, ms"] = median(empty);
  figures["--version, ms"] = median(version);
  figures["--version over empty node, ms"] = median(version) - median(empty);
}

async function oneShot() {
  const [walls, peaks, first] = [[], [], []];
  for (let n = 0; n < RUNS; n += 1) {
    const server = await served(["hi"]);
    const run = await timed([MAIN, "-p", "say hi"], envFor(server));
    walls.push(run.ms);
    peaks.push(run.peakMb);
    first.push(Buffer.byteLength(server.requests[0].raw));
  }
  figures["one-shot, ms"] = median(walls);
  figures["one-shot, peak MB"] = median(peaks);
  figures["first request, bytes"] = median(first);
}

async function loop() {
  for (const [tool, call] of [
    ["bash", (n) => ({ command: `true ${n}` })],
    ["read_file", (n) => ({ path: "a.txt", limit: n + 1 })],
  ]) {
    for (const turns of [10, 100, 400]) {
      const gaps = [];
      let ended = 0;
      const server = await served((request) => {
        if (request.n > 0) gaps.push(request.at - ended);
        ended = performance.timeOrigin + performance.now();
        return request.n < turns ? { calls: [{ name: tool, input: call(request.n) }] } : "done";
      });
      const run = await timed([MAIN, "-p", "go", "--yolo"], envFor(server));
      figures[`${tool}, ${turns} turns: gap per turn, ms`] = median(gaps);
      if (turns === 400) {
        figures[`${tool}, turn 400 over turn 10`] = median(gaps.slice(-40)) / median(gaps.slice(5, 45));
        figures[`${tool}, 400 turns, peak MB`] = run.peakMb;
      }
    }
  }
}

// from the moment the call is sent to the moment its tool runs, while the stream stays open
async function inStream() {
  const starts = [];
  for (let n = 0; n < RUNS; n += 1) {
    const folder = mkdtempSync(join(tmpdir(), "bench-"));
    const mark = join(folder, "began");
    let sent = 0;
    const server = await served((request) => {
      if (request.n > 0) return "done";
      sent = Date.now();
      return { calls: [{ name: "bash", input: { command: `date +%s%3N > ${mark}` } }], hold: 500 };
    });
    await timed([MAIN, "-p", "go", "--yolo"], envFor(server));
    starts.push(Number(readFileSync(mark, "utf8")) - sent);
    rmSync(folder, { recursive: true });
  }
  figures["tool starts after its call, stream open, ms"] = median(starts);
}

async function parallel() {
  const gaps = [];
  for (let n = 0; n < 3; n += 1) {
    let sent = 0;
    const server = await served((request) => {
      if (request.n > 0) {
        gaps.push(request.at - sent);
        return "done";
      }
      sent = performance.timeOrigin + performance.now();
      return { calls: Array.from({ length: 8 }, () => ({ name: "bash", input: { command: "sleep 1" } })) };
    });
    await timed([MAIN, "-p", "go", "--yolo"], envFor(server));
  }
  figures["8 x sleep 1 in one reply, ms"] = median(gaps);
}

// killed the moment the request with the fifth result arrives, then continued
async function crash() {
  const rounds = Math.max(20, RUNS);
  let kept = 0;
  for (let n = 0; n < rounds; n += 1) {
    const results = [];
    let victim;
    const server = await served((request) => {
      if (request.lastText.includes("go on")) {
        results.push(...request.messages.filter((message) => message.role === "tool").map((message) => message.text));
        return "done";
      }
      if (request.n === 5) victim.kill("SIGKILL");
      return request.n < 5 ? { calls: [{ name: "bash", input: { command: `echo ${request.n}` } }] } : { silent: true };
    });
    const env = envFor(server);
    await timed([MAIN, "-p", "go", "--yolo"], env, (child) => {
      victim = child;
    });
    await timed([MAIN, "-p", "go on", "--yolo", "-c"], env);
    if (results.join() === "0,1,2,3,4") kept += 1;
  }
  figures[`5 of 5 results kept after kill -9, of ${rounds} runs`] = kept;
}

async function chunks() {
  for (const wire of ["openai", "anthropic"]) {
    const costs = [];
    for (let n = 0; n < RUNS; n += 1) costs.push(await chunkCost(wire));
    figures[`50,000 chunks, ${wire} wire, CPU ms`] = median(costs);
  }
}

// ---- how

function envFor(server) {
  const folder = mkdtempSync(join(tmpdir(), "bench-home-"));
  writeFileSync(join(folder, "a.txt"), "this is a file\nits second line\n");
  return {
    OPENAI_BASE_URL: server.url,
    OPENAI_API_KEY: "bench",
    NANOCODER_MODEL: "gpt-4o",
    HOME: folder,
    NANOCODER_HOME: join(folder, "h"),
  };
}

// closed all together at the end of a part
async function served(script) {
  const server = await modelServer(script);
  servers.push(server);
  return server;
}

function timed(args, env = {}, onStart = () => {}) {
  return new Promise((resolve) => {
    const began = performance.now();
    let peakMb = 0;
    const child = spawn(process.execPath, args, {
      cwd: env.HOME ?? tmpdir(),
      env: { PATH: process.env.PATH, ...env },
      stdio: "ignore",
    });
    onStart(child);
    const watch = setInterval(() => {
      peakMb = Math.max(peakMb, peakOf(child.pid));
    }, 10);
    child.on("exit", () => {
      clearInterval(watch);
      resolve({ ms: performance.now() - began, peakMb });
    });
  });
}

// the kernel's own high-water mark
function peakOf(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function show(figure) {
  return Number.isInteger(figure) ? String(figure) : figure.toFixed(2);
}
