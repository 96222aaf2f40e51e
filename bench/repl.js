// The interactive session in a pseudo-terminal: how soon it is there, how fast keys show, what streaming costs.
import { spawn as plain } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import { openLog } from "../dist/index.js";

/** What stands in an empty prompt: the session is there when it is drawn. */
export const READY = /Ask for anything/;
const SIZE = { cols: 100, rows: 40 };
/** Of a clock tick in /proc, in milliseconds. */
const TICK = 10;

/** Measures the interactive session; `serve(script)` gives a scripted server and `envFor` the environment for it. */
export async function sessionCost({ main, runs, serve, envFor }) {
  const figures = {};
  await starts(figures, { main, runs, serve, envFor });
  await longOne(figures, { main, envFor });
  await manyTurns(figures, { main, serve, envFor });
  return figures;
}

async function starts(figures, { main, runs, serve, envFor }) {
  const env = envFor(await serve(() => "ok"));
  const [empty, first] = [[], []];
  for (let n = 0; n < runs; n += 1) {
    empty.push(await until(begin(["-e", "console.log('there')"], env), /there/));
    first.push(await until(begin([main], env), READY));
  }
  figures["session: to its first prompt, ms"] = median(first);
  figures["session: the same of an empty node, ms"] = median(empty);
}

// 5,000 messages, 20 MB
async function longOne(figures, { main, envFor }) {
  const words =
    "one **two** `three` [four](https://example.com/five) 数据库 six\n\n- seven\n- eight\n\n```js\nnine();\n```\n\n";
  const chunks = 2000;
  const server = await streaming(words, { chunks, each: 4 });
  const env = envFor(server);
  const id = await grown(env, main);
  const resumed = [];
  for (let n = 0; n < 5; n += 1) resumed.push(await until(begin([main, "--resume", id], env), READY));
  figures["session: 20 MB gone on with, to its prompt, ms"] = median(resumed);
  const one = begin([main, "--resume", id], env);
  await one.seen(READY);
  const idle = await keys(one, 100);
  figures["session: key to frame, idle, 5,000 messages, p50 ms"] = at(idle, 0.5);
  figures["session: key to frame, idle, 5,000 messages, p95 ms"] = at(idle, 0.95);
  const pasted = performance.now();
  one.write(`\u001b[200~${"0123456789abcde\n".repeat(65_536)}\u001b[201~`);
  await one.seen(/pasted/i);
  figures["session: 1 MB pasted to its frame, ms"] = performance.now() - pasted;
  one.write("\u0003");
  await quiet(one);
  const [before, bytes] = [cpu(one.pid), one.bytes()];
  one.write("stream\r");
  await one.seen(/writing/);
  const busy = await keys(one, 60);
  figures["session: key to frame, while it streams, p95 ms"] = at(busy, 0.95);
  await quiet(one, 1500);
  figures[`session: ${chunks} Markdown deltas over 8 s and 60 keys, CPU ms`] = cpu(one.pid) - before;
  figures["session: bytes to the terminal per delta"] = (one.bytes() - bytes) / chunks;
  figures["session: full clears in all of that"] = (one.text().match(/\u001b\[[23]J/g) ?? []).length;
  const still = cpu(one.pid);
  await wait(10_000);
  figures["session: CPU while nothing happens, %"] = ((cpu(one.pid) - still) / 10_000) * 100;
  one.kill();
  server.close();
}

// a chunk of the text is an event of its own, as from a provider, and comes when it is due
async function streaming(words, { chunks, each }) {
  const text = words.repeat(Math.ceil((chunks * 36) / words.length));
  const event = (delta, finish_reason = null) =>
    `data: ${JSON.stringify({ object: "chat.completion.chunk", model: "gpt-4o", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const server = createServer(async (request, response) => {
    const asked = Buffer.concat(await request.toArray()).toString();
    const last = asked === "" ? undefined : JSON.stringify(JSON.parse(asked).messages?.at(-1));
    response.writeHead(200, { "content-type": "text/event-stream" });
    const began = performance.now();
    for (let n = 0; n < (last?.includes("stream") ? chunks : 1); n += 1) {
      response.write(event({ content: text.slice(n * 36, n * 36 + 36) }));
      const early = began + (n + 1) * each - performance.now();
      if (early > 1) await wait(early);
    }
    response.end(`${event({}, "stop")}data: [DONE]\n\n`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${server.address().port}/v1`, close: () => server.close() };
}

async function manyTurns(figures, { main, serve, envFor }) {
  let n = 0;
  const turns = 400;
  const server = await serve(() => {
    n += 1;
    if (n > turns) return "all is done";
    return { text: `Step ${n}`, calls: [{ name: "bash", input: { command: `echo ${n}` } }] };
  });
  const env = envFor(server);
  const one = begin([main], env);
  await one.seen(READY);
  one.write("go on\r");
  await one.seen(/all is done/, 120_000);
  figures[`session: MB after ${turns} turns`] = residentMb(one.pid);
  one.kill();
}

/** A session in a pseudo-terminal. */
export function begin(args, env) {
  const child = spawn(process.execPath, args, {
    ...SIZE,
    cwd: env.HOME,
    env: { PATH: process.env.PATH, TERM: "xterm-256color", ...env },
  });
  const began = performance.now();
  const ended = new Promise((resolve) => child.onExit(resolve));
  let text = "";
  let from = 0;
  let bytes = 0;
  const waiting = new Set();
  child.onData((data) => {
    text += data;
    bytes += Buffer.byteLength(data);
    if (data.includes("\u001b[6n")) child.write("\u001b[1;1R");
    for (const look of waiting) look();
  });
  const seen = (wanted, limit = 20_000) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${wanted} did not come: ${text.slice(-2000)}`)), limit);
      const look = () => {
        const found = wanted.exec(text.slice(from));
        if (found === null) return;
        from += found.index + found[0].length;
        waiting.delete(look);
        clearTimeout(timer);
        resolve(performance.now());
      };
      waiting.add(look);
      look();
    });
  const write = (data) => {
    from = text.length;
    child.write(data);
  };
  const kill = () => child.kill("SIGKILL");
  return { seen, write, kill, ended, began, pid: child.pid, bytes: () => bytes, text: () => text };
}

async function until(one, wanted) {
  const there = await one.seen(wanted);
  one.kill();
  return there - one.began;
}

// each letter is one that nothing else draws
async function keys(one, count) {
  const letters = "ⱥⱦⱨⱪⱬⱱⱳⱶꜣꜥꜧꜩꜫꜭꜯ";
  const took = [];
  for (let n = 0; n < count; n += 1) {
    await wait(20 + (n % 7) * 5);
    const letter = letters[n % letters.length];
    const pressed = performance.now();
    one.write(letter);
    took.push((await one.seen(new RegExp(letter))) - pressed);
  }
  one.write("\u0015");
  return took;
}

async function quiet(one, ms = 300) {
  for (let before = -1; before !== one.bytes(); ) {
    before = one.bytes();
    await wait(ms);
  }
}

// a session of one prompt, made long
async function grown(env, main) {
  const child = plain(process.execPath, [main, "-p", "first"], {
    cwd: env.HOME,
    env: { PATH: process.env.PATH, ...env },
    stdio: "ignore",
  });
  await new Promise((resolve) => child.once("exit", resolve));
  const sessions = join(env.NANOCODER_HOME, "sessions");
  const folder = join(sessions, readdirSync(sessions)[0]);
  const name = readdirSync(folder).find((each) => each.endsWith(".jsonl"));
  const log = openLog(join(folder, name));
  const usage = { input: 100, output: 100, cacheRead: 0, cacheWrite: 0 };
  const result = "a line of output\n".repeat(650);
  for (let n = 0; n < 1250; n += 1) {
    const callId = `call_${n}`;
    log.append({ type: "prompt", parts: [{ type: "text", text: `question ${n}` }], from: "user" });
    const call = { type: "call", id: callId, name: "read_file", input: { path: `file-${n}.txt` } };
    log.append({
      type: "reply",
      parts: [{ type: "text", text: `I look, ${n}.` }, call],
      stop: "calls",
      model: "gpt-4o",
      usage,
    });
    log.append({ type: "started", callId, name: "read_file" });
    log.append({ type: "result", callId, parts: [{ type: "text", text: result }], failed: false });
    log.append({
      type: "reply",
      parts: [{ type: "text", text: `Answer **${n}** with \`code\`.` }],
      stop: "end",
      model: "gpt-4o",
      usage,
    });
    log.append({ type: "ended", outcome: "done" });
    // what no longer fits a window was summed up in a real session
    if (n % 50 === 49) log.append({ type: "compacted", summary: `All up to ${n}.`, upto: log.events.length - 1 });
  }
  log.close();
  return name.replace(".jsonl", "");
}

function cpu(pid) {
  const [, after] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const fields = after.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

function residentMb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function median(figures) {
  return at(figures, 0.5);
}

function at(figures, share) {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
