// Kills runs with -9 in the middle of their work and goes on with each: by either wire, sometimes killed once more.
//   node bench/resume.js [--times 200]
// Prints one line of JSON; the exit code is 0 when every session went on well.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { modelServer } from "../dist/testing.js";

const { values: options } = parseArgs({ options: { times: { type: "string", default: "200" } } });
const MAIN = join(import.meta.dirname, "../dist/cli/main.js");
const TIMES = Number(options.times);
/** Turns of a run that nobody kills, and the milliseconds within which it is killed. */
const [TURNS, WITHIN] = [8, 350];
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const wrong = [];
const told = { times: TIMES, wentOn: 0, killed: 0, killedTwice: 0, cutCalls: 0, resultsKept: 0 };
for (let n = 0; n < TIMES; n += 1) {
  const faults = await once(n);
  if (faults.length === 0) told.wentOn += 1;
  else wrong.push({ n, faults });
}
process.stdout.write(`${JSON.stringify({ ...told, wrong })}\n`);
process.exit(wrong.length === 0 ? 0 : 1);

async function once(n) {
  const work = mkdtempSync(join(tmpdir(), "nanocoder-resume-"));
  const stage = { began: 0, turns: TURNS };
  const server = await modelServer((request) => answer(request, n, stage));
  try {
    await killed(["-p", `start ${n}`], { work, server });
    stage.began = server.requests.length;
    if (Math.random() < 0.3) {
      told.killedTwice += 1;
      await killed(["-p", "more", "-c"], { work, server });
    }
    const before = server.requests.length;
    Object.assign(stage, { began: before, turns: 1 });
    const ended = await run(["-p", "go on", "-c", "--output-format", "json"], { work, server }).ended;
    return faultsOf({ n, work, server, ended, before });
  } finally {
    await server.close();
    rmSync(work, { recursive: true, force: true });
  }
}

// several calls a turn, in pieces, so that a kill finds the stream, the tools and the file in any state
function answer({ n: request }, n, { began, turns }) {
  const turn = request - began;
  if (turn >= turns) return "done";
  const mark = `${n}-${request}`;
  const calls = [
    { name: "bash", input: { command: `echo ${mark} >> ran.txt; sleep 0.0${request % 5}` } },
    { name: "write_file", input: { path: `made/${mark}.txt`, content: "三\u2028\n".repeat(20) } },
    { name: "bash", input: { command: `echo ${PNG} | base64 -d > p${mark}.png` } },
    { name: "read_file", input: { path: `p${mark}.png` } },
  ];
  return { thinking: "hm", text: `turn ${turn}`, calls, chunk: 97, pause: 1 };
}

async function killed(args, place) {
  const { server } = place;
  const child = run(args, place);
  await Promise.race([server.arrived(server.requests.length), child.ended]);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * WITHIN));
  child.kill("SIGKILL");
  if ((await child.ended).code === null) told.killed += 1;
}

function run(args, { work, server }) {
  const { url } = server;
  const wires = [
    { OPENAI_BASE_URL: url, OPENAI_API_KEY: "k", NANOCODER_MODEL: "gpt-4o" },
    { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "k", NANOCODER_MODEL: "claude-sonnet-4-5" },
  ];
  const env = { PATH: process.env.PATH, HOME: join(work, "home"), ...wires[Math.random() < 0.5 ? 0 : 1] };
  const child = spawn(process.execPath, [MAIN, ...args, "--yolo"], {
    cwd: work,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (piece) => (stdout += piece));
  child.stderr.on("data", (piece) => (stderr += piece));
  child.ended = new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  return child;
}

function faultsOf({ n, work, server, ended, before }) {
  const faults = server.refusals.map((words) => `refused: ${words}`);
  if (ended.code !== 0) faults.push(`exit ${ended.code}: ${ended.stderr}`);
  else if (JSON.parse(ended.stdout).result !== "done") faults.push(`answered ${ended.stdout}`);
  const { files, facts } = sessionIn(join(work, "home/.nanocoder/sessions"));
  if (files !== 1) faults.push(`${files} sessions`);
  const results = new Map();
  for (const fact of facts) if (fact.type === "result") results.set(fact.callId, (results.get(fact.callId) ?? 0) + 1);
  const calls = facts.filter(({ type }) => type === "started").map(({ callId }) => callId);
  told.cutCalls += calls.filter((id) => !results.has(id)).length;
  told.resultsKept += results.size;
  if ([...results.values()].some((count) => count > 1)) faults.push("a call has two results");
  const seen = server.requests[before];
  const words = seen?.messages.map(({ text }) => text).join("\n") ?? "";
  if (!words.includes(`start ${n}`)) faults.push("the first prompt is lost");
  // what the last request before the kill held, the next one holds too
  const known = new Set(seen?.messages.filter(({ role }) => role === "tool").map(({ callId }) => callId));
  const heard = server.requests[before - 1]?.messages.filter(({ role }) => role === "tool") ?? [];
  if (heard.some(({ callId }) => !known.has(callId))) faults.push("a result that the model had read is lost");
  return [...faults, ...twice(join(work, "ran.txt"))];
}

function sessionIn(root) {
  if (!existsSync(root)) return { files: 0, facts: [] };
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsonl"));
  const lines = files.flatMap((name) => readFileSync(join(root, name), "utf8").split("\n"));
  return { files: files.length, facts: lines.filter((line) => line !== "").map((line) => JSON.parse(line)) };
}

// each command leaves its mark once at most
function twice(path) {
  try {
    const marks = readFileSync(path, "utf8").split("\n").filter(Boolean);
    return marks.length === new Set(marks).size ? [] : ["a command ran twice"];
  } catch {
    return [];
  }
}
