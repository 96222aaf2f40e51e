// Kills goals with -9 at random moments and goes on with each; and what a round costs beyond its checks.
//   node bench/goals.js [--times 100]
// Prints figures as JSON; the exit code is 0 when each goal came to the same end and no finished round was looked at again.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { modelServer } from "../dist/testing.js";

const MAIN = join(import.meta.dirname, "../dist/cli/main.js");
const ROUNDS = 5;

/** Figures of goals of five rounds, each killed once or twice, until there were `times` kills. */
export async function killedGoals(times) {
  const told = { killed: 0, beforeItBegan: 0, inRound: [0, 0, 0, 0, 0, 0], wrong: [] };
  let whole = 0;
  for (let n = -1; told.killed < times; n += 1) {
    const place = newPlace();
    const server = await modelServer((request) => worker(request, place));
    try {
      const began = performance.now();
      // the first one is let go on, and tells how long a goal takes
      const faults = await once({ place, server, told, within: n < 0 ? undefined : whole });
      if (n < 0) whole = performance.now() - began;
      if (faults.length > 0) told.wrong.push({ n, faults });
    } finally {
      await server.close();
      rmSync(place.root, { recursive: true, force: true });
    }
  }
  return told;
}

// one file a round; the fifth makes the goal true
function worker({ messages }, { work }) {
  const prompts = messages.filter(({ role, text }) => role === "user" && /^(Goal: |The goal is not)/.test(text));
  const path = `r${prompts.length}.txt`;
  if (existsSync(join(work, path))) return { text: "Done.", delay: 5 };
  return { calls: [{ name: "bash", input: { command: `echo x > ${path}` } }], delay: 5 };
}

function newPlace() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "nanocoder-goals-")));
  const [home, work] = ["home", "work"].map((name) => join(root, name));
  execFileSync("mkdir", [home, work]);
  return { root, home, work, looked: join(root, "looked") };
}

async function once({ place, server, told, within }) {
  const check = `ls r*.txt 2>/dev/null | wc -l >> ${place.looked}; test -e r${ROUNDS}.txt`;
  const goal = ["five rounds", "--criterion", "five", "--check", check, "--criterion", "also", "--check", "sleep 0.01"];
  const faults = [];
  let settled = {};
  for (let kills = within === undefined ? 0 : Math.random() < 0.3 ? 2 : 1; ; kills -= 1) {
    const child = run(hasGoal(place) ? ["--resume"] : goal, { place, server });
    if (kills > 0) await killAfter(40 + Math.random() * (within - 60), child);
    const ended = await child.ended;
    faults.push(...lookedAgain(settled, looksIn(place)));
    if (ended.code !== null) return [...faults, ...endFaults(ended, place), ...server.refusals];
    count(told, place);
    settled = settledIn(place);
  }
}

async function killAfter(ms, child) {
  await Promise.race([new Promise((resolve) => setTimeout(resolve, ms)), child.ended]);
  child.kill("SIGKILL");
}

function count(told, place) {
  told.killed += 1;
  if (hasGoal(place)) told.inRound[Math.min(roundsIn(place).length, ROUNDS)] += 1;
  else told.beforeItBegan += 1;
}

function endFaults({ code, stdout, stderr }, place) {
  const rounds = roundsIn(place).map((each) => each.n);
  const faults = rounds.join() === "1,2,3,4,5" ? [] : [`rounds ${rounds}`];
  // the kill came when its end had been recorded
  if (code === 2 && /no goal of .* that is not over/.test(stderr)) return faults;
  if (code !== 0) return [...faults, `exit ${code}: ${stderr}`];
  return stdout.startsWith(`[GOAL MET] five rounds (${ROUNDS} iterations)`) ? faults : [...faults, stdout];
}

// how often checks ran on the work of each round that is recorded; 0 is the baseline
function settledIn(place) {
  const done = [...(statesIn(place, "goal.baseline").length > 0 ? [0] : []), ...roundsIn(place).map(({ n }) => n)];
  const looks = looksIn(place);
  return Object.fromEntries(done.map((n) => [n, looks[n] ?? 0]));
}

function lookedAgain(settled, looks) {
  return Object.entries(settled).flatMap(([n, count]) =>
    looks[n] === count ? [] : [`round ${n} was looked at ${looks[n]} times, ${count} before it was resumed`],
  );
}

function looksIn({ looked }) {
  const lines = existsSync(looked) ? readFileSync(looked, "utf8").split("\n").filter(Boolean) : [];
  const counts = {};
  for (const line of lines) counts[Number(line)] = (counts[Number(line)] ?? 0) + 1;
  return counts;
}

function statesIn({ home }, key) {
  const root = join(home, ".nanocoder/sessions");
  if (!existsSync(root)) return [];
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsonl"));
  const lines = files.flatMap((name) => readFileSync(join(root, name), "utf8").split("\n").slice(0, -1));
  return lines.map((line) => JSON.parse(line)).filter((fact) => fact.type === "state" && fact.key === key);
}

const roundsIn = (place) => statesIn(place, "goal.round").map(({ value }) => value);
const hasGoal = (place) => statesIn(place, "goal").length > 0;

function run(args, { place, server }) {
  const child = spawn(process.execPath, [MAIN, "goal", ...args, "--yolo", "--no-sandbox"], {
    cwd: place.work,
    env: {
      PATH: process.env.PATH,
      HOME: place.home,
      OPENAI_BASE_URL: server.url,
      OPENAI_API_KEY: "bench",
      NANOCODER_MODEL: "gpt-4o",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (piece) => (stdout += piece));
  child.stderr.on("data", (piece) => (stderr += piece));
  child.ended = new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  return child;
}

/** Sorted milliseconds of the master in each of `rounds` rounds: from the worker's last byte to the next request, without its checks. */
export async function masterCost(rounds, checks = 3) {
  const place = newPlace();
  for (let n = 0; n < 50; n += 1) writeFileSync(join(place.work, `t${n}.test.js`), `// ${"x".repeat(2000)}\n`);
  execFileSync("sh", ["-c", "git init -q && git add -A && git -c user.name=b -c user.email=b@localhost commit -qm b"], {
    cwd: place.work,
  });
  const gaps = [];
  let ended = 0;
  const server = await modelServer((request) => {
    if (request.lastText.startsWith("The goal is not") && request.results.length === 0) gaps.push(request.at - ended);
    const turn = worker(request, place);
    ended = performance.timeOrigin + performance.now();
    return { ...turn, delay: 0 };
  });
  const goal = [
    "never",
    "--check",
    "test -e never",
    ...Array(checks - 1)
      .fill(["--check", "true"])
      .flat(),
    "--protect",
    "*.test.js",
  ];
  await run([...goal, "--max-iterations", String(rounds + 1)], { place, server }).ended;
  const own = roundsIn(place).map(({ verdicts }) => verdicts.reduce((sum, each) => sum + (each.run?.ms ?? 0), 0));
  await server.close();
  rmSync(place.root, { recursive: true, force: true });
  return gaps.map((gap, n) => gap - (own[n] ?? 0)).sort((a, b) => a - b);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({ options: { times: { type: "string", default: "100" } } });
  const cost = {};
  for (const checks of [1, 3]) {
    const all = await masterCost(30, checks);
    cost[`${checks} checks`] = { rounds: all.length, median: all[all.length >> 1], most: all.at(-1) };
  }
  const told = await killedGoals(Number(values.times));
  process.stdout.write(`${JSON.stringify({ cost, ...told }, null, 2)}\n`);
  process.exit(told.wrong.length === 0 ? 0 : 1);
}
