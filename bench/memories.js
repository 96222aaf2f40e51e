// What it costs to recall one of 1,000 memories: load the files, build the index, search.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CWD = "/bench/work";
const QUERIES = { Chinese: "数据库用的什么", English: "which package manager do the tests of module 77 need?" };
const ONCE = `
  const began = performance.now();
  const { recallFacts } = await import(process.argv[1]);
  const loaded = performance.now();
  const work = { place: { home: process.argv[2], cwd: "${CWD}" }, notice: console.error };
  const times = [];
  for (let n = 0; n < 11; n += 1) {
    const from = performance.now();
    await recallFacts(process.argv[3], 5, work);
    times.push(performance.now() - from);
  }
  console.log(JSON.stringify({ load: loaded - began, first: times[0], later: times.slice(1).sort((a, b) => a - b)[0] }));
`;

/** Milliseconds, each the least of fresh processes: what others do on the machine only adds to it. */
export async function recallCost(runs) {
  const home = mkdtempSync(join(tmpdir(), "nanocoder-bench-"));
  fill(home);
  const figures = {};
  for (const [name, query] of Object.entries(QUERIES)) {
    const all = Array.from({ length: runs }, () => once(home, query));
    const least = (key) => Math.min(...all.map((each) => each[key]));
    figures[`recall of 1,000 (${name}), code loaded ms`] = least("load");
    figures[`recall of 1,000 (${name}), first of a process ms`] = least("first");
    figures[`recall of 1,000 (${name}), later ms`] = least("later");
  }
  rmSync(home, { recursive: true });
  return figures;
}

function once(home, query) {
  const lazy = join(import.meta.dirname, "../dist/lazy/memory-work.js");
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", ONCE, lazy, home, query]);
  if (stderr.length > 0) throw new Error(String(stderr));
  return JSON.parse(String(stdout));
}

// every one holds a word of each query
function fill(home) {
  mkdirSync(join(home, "memory"), { recursive: true });
  for (const scope of ["global", "project"]) {
    const memories = Array.from({ length: 500 }, (_, n) => ({
      id: `${scope}${n}`,
      text: `此项目第${n}个模块使用 FastAPI + PostgreSQL 数据库,测试用 pytest 运行,请总是先跑 module_${n} 的测试再提交。The build of package${n} needs pnpm ${n % 10} and node ${n % 20}.`,
      scope,
      ...(scope === "project" && { workspace: CWD }),
      importance: (n % 10) / 10,
      tags: [`tag${n % 7}`],
      kind: "project",
      created: Date.now() - n * 3_600_000,
      used: 0,
    }));
    const name = scope === "global" ? scope : "bench-work";
    writeFileSync(join(home, "memory", `${name}.json`), JSON.stringify({ version: 1, memories }));
  }
}
