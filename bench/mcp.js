// What MCP servers cost a start: one that stays silent, one that is dead, three healthy ones, against none.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { begin, READY } from "./repl.js";

const FIXTURE = join(import.meta.dirname, "../test/mcp/fixture.mjs");
const fixture = (options) => ({ command: process.execPath, args: [FIXTURE, JSON.stringify(options)] });
const three = () => Object.fromEntries(["a", "b", "c"].map((name) => [name, fixture({ name })]));
const many = Array.from({ length: 300 }, (_, n) => ({
  name: `tool_${n}`,
  description: `Does thing ${n}. ${"Words about it. ".repeat(10)}`,
  inputSchema: { type: "object", properties: { words: { type: "string" } } },
}));

/** Each with the servers it has, and whether what they offer is known from a run before. */
const KINDS = {
  "a silent server": { servers: () => ({ mute: fixture({ silent: true }) }) },
  "a dead server": { servers: () => ({ gone: { command: "/no/such/program" } }) },
  "three servers": { servers: three },
  "three servers, known": { servers: three, known: true },
  "a known one of 300 tools": { servers: (file) => ({ big: fixture({ toolsFile: file }) }), known: true },
};

/** Milliseconds beyond a start without servers, the median of pairs that took turns. */
export async function serversCost({ main, runs, serve, envFor }) {
  const server = await serve(() => "done");
  const bare = envFor(server);
  const figures = {};
  for (const [kind, { servers, known = false }] of Object.entries(KINDS)) {
    const env = envFor(server);
    const file = join(env.HOME, "tools.json");
    writeFileSync(file, JSON.stringify(many));
    mkdirSync(env.NANOCODER_HOME, { mode: 0o700 });
    writeFileSync(join(env.NANOCODER_HOME, "settings.json"), JSON.stringify({ mcpServers: servers(file) }));
    if (known) await run([main, "mcp", "list"], env);
    const forget = () => known || rmSync(join(env.NANOCODER_HOME, "mcp-catalogues"), { recursive: true, force: true });
    const over = { "first request of -p": [], "prompt of a session": [], "its first words to its request": [] };
    for (let n = 0; n < runs; n += 1) {
      const turn = async (each) => {
        forget();
        return { shot: await shot(main, each, server), ...(await session(main, each, server)) };
      };
      const pair = n % 2 === 0 ? [await turn(bare), await turn(env)] : [await turn(env), await turn(bare)].reverse();
      const [without, with_] = pair;
      over["first request of -p"].push(with_.shot - without.shot);
      over["prompt of a session"].push(with_.there - without.there);
      over["its first words to its request"].push(with_.asked - without.asked);
    }
    for (const [what, costs] of Object.entries(over)) figures[`${what}, ${kind}: over none, ms`] = median(costs);
  }
  return figures;
}

// from the start of the process to the moment its request is there
async function shot(main, env, server) {
  const before = server.requests.length;
  const began = now();
  await run([main, "-p", "say hi"], env);
  return server.requests[before].at - began;
}

async function session(main, env, server) {
  const one = begin([main], env);
  const there = (await one.seen(READY)) - one.began;
  const before = server.requests.length;
  const sent = now();
  one.write("hi\r");
  await one.seen(/done/);
  one.kill();
  return { there, asked: server.requests[before].at - sent };
}

function run(args, env) {
  const child = spawn(process.execPath, args, {
    cwd: env.HOME,
    env: { PATH: process.env.PATH, ...env },
    stdio: "ignore",
  });
  return new Promise((resolve) => child.once("exit", resolve));
}

function now() {
  return performance.timeOrigin + performance.now();
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
