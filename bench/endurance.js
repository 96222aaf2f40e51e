// A long session in a small window: what requests weigh, how memory and the client's time grow.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** Plays `turns` reads in a window of 32,000 tokens and reports what it cost. */
export async function endurance({ main, turns, serve, envFor }) {
  const window = 32_000;
  const seen = { sizes: [], gaps: [], rss: [], summaries: [], broken: 0 };
  let [n, ended, before, child] = [0, 0, "", undefined];
  const server = await serve((request) => {
    if (ended > 0) seen.gaps.push(request.at - ended);
    const tokens = Math.round(request.raw.length / 4);
    const usage = { input: tokens, output: 100 };
    const summary = request.tools.length === 0;
    ended = 0;
    seen.sizes.push(tokens);
    if (summary) {
      seen.summaries.push(n);
      return { text: `Goal: look at everything. ${"Some more of what was found. ".repeat(60)}`, usage };
    }
    n += 1;
    const body = request.raw.slice(0, -2);
    if (before !== "" && !body.startsWith(before)) seen.broken += 1;
    before = body;
    if (n % 20 === 0) seen.rss.push([n, residentMb(child.pid)]);
    setImmediate(() => {
      ended = performance.timeOrigin + performance.now();
    });
    if (n > turns) return { text: "done", usage };
    const call = { name: "read_file", input: { path: "a.txt", offset: (n % 50) + 1, limit: 40 } };
    return { text: `Step ${n}: I look at the next piece. ${"word ".repeat(40)}`, calls: [call], usage };
  });
  const env = { ...envFor(server), NANOCODER_MAX_CONTEXT: String(window) };
  child = spawn(process.execPath, [main, "-p", "read it all"], {
    env,
    cwd: env.HOME,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (data) => {
    errors = (errors + data).slice(-2000);
  });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`the long session ended with ${code}: ${errors}`);
  const middle = (from, to) => median(seen.gaps.slice(from, to));
  const rssAt = (turn) => seen.rss.find(([at]) => at >= turn)?.[1];
  return {
    [`endurance: ${turns} turns, largest request, tokens of ${window}`]: Math.max(...seen.sizes),
    "endurance: compactions": seen.summaries.length,
    "endurance: requests that do not begin with the one before": seen.broken,
    "endurance: gap around turn 100, ms": middle(60, 140),
    "endurance: gap at the end, ms": middle(-80),
    "endurance: gap at the end over turn 100": middle(-80) / middle(60, 140),
    "endurance: MB at turn 100": rssAt(100),
    "endurance: MB half way": rssAt(turns / 2),
    "endurance: MB at the end": rssAt(turns - 20),
  };
}

function residentMb(pid) {
  const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kb) / 1024;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
