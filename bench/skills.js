// What a thousand skills add to the time from the start to the first request: runs with and without them in turns, each in a fresh process.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelServer } from "../dist/testing.js";

const COUNT = 1000;

export async function skillsCost({ main, pairs, envFor }) {
  const homes = { none: home(0), all: home(COUNT) };
  const work = mkdtempSync(join(tmpdir(), "nanocoder-bench-"));
  const times = { none: [], all: [] };
  try {
    // the first of each fills the machine's caches
    for (let n = -1; n < pairs; n += 1)
      for (const which of n % 2 === 0 ? ["none", "all"] : ["all", "none"]) {
        const ms = await untilRequest({ main, home: homes[which], work, envFor });
        if (n >= 0) times[which].push(ms);
      }
  } finally {
    for (const folder of [...Object.values(homes), work]) rmSync(folder, { recursive: true, force: true });
  }
  const added = median(times.all.map((ms, at) => ms - times.none[at]));
  return {
    "first request without skills, ms": round(median(times.none)),
    [`first request with ${COUNT} skills, ms`]: round(median(times.all)),
    [`${COUNT} skills add, median of pairs, ms`]: round(added),
  };
}

// from the moment before the process is started to the first byte of its request
async function untilRequest({ main, home, work, envFor }) {
  const server = await modelServer(["done"]);
  const began = performance.timeOrigin + performance.now();
  const child = spawn(process.execPath, [main, "-p", "hi"], {
    cwd: work,
    env: { ...envFor(server), PATH: process.env.PATH, HOME: home, NANOCODER_HOME: join(home, ".nanocoder") },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  await ended;
  const [asked] = server.requests;
  if (!asked) throw new Error("The run asked nothing.");
  await server.close();
  return asked.at - began;
}

function home(count) {
  const folder = mkdtempSync(join(tmpdir(), "nanocoder-bench-"));
  for (let n = 0; n < count; n += 1) {
    const skill = join(folder, ".nanocoder/skills", `skill-${n}`);
    mkdirSync(skill, { recursive: true });
    const front = `---\nname: skill-${n}\ndescription: does the ${n}th thing, ${"as it is done here ".repeat(8)}\n---\n`;
    writeFileSync(join(skill, "SKILL.md"), `${front}# How\n\n${"A line of know-how.\n".repeat(60)}`);
  }
  return folder;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function round(ms) {
  return Math.round(ms * 10) / 10;
}
