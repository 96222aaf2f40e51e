// A small MCP server over stdio, written to the protocol's letter and without its library. Options in JSON as the first argument:
// { tools, die, silent, slow, garbage, exit, pages, grow, endless, ids, flood, sized, plug, flicker, deaf, numb, dies, mute, listless, instructions, resources, prompts, child, mark, elicit, stubborn }
import { spawn } from "node:child_process";
import { appendFileSync, closeSync, existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const options = JSON.parse(process.argv[2] ?? "{}");
const OBJECT = { type: "object", properties: { words: { type: "string" } } };
let tools = (options.toolsFile && JSON.parse(readFileSync(options.toolsFile, "utf8"))) ??
  options.tools ?? [{ name: "get.version", description: "Tells its version.", inputSchema: OBJECT }];
let asked = 0;
const waiting = new Map();

const log = (line) => options.log && appendFileSync(options.log, `${line}\n`);
const write = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const send = (message) => {
  if (options.ids === "wrong" && message.result?.content) return write({ ...message, id: "nobody's" });
  if (options.ids === "twice") write(message);
  write(message);
};
const text = (words) => ({ content: [{ type: "text", text: words }] });

log(`started ${process.pid}`);
if (options.stderr) process.stderr.write(options.stderr);
if (options.exit !== undefined) process.exit(options.exit);
if (options.stubborn) for (const name of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(name, () => undefined);
if (options.child)
  spawn(process.execPath, ["-e", "process.on('SIGTERM',()=>{});setInterval(()=>{},1e3)", options.child], {
    detached: true,
    stdio: "ignore",
  }).unref();
if (options.dies && existsSync(options.dies)) process.exit(3);
if (options.mute && existsSync(options.mute)) options.silent = true;
if (options.garbage) setInterval(() => process.stdout.write("this is no JSON\n".repeat(20)), 5);
if (options.stubborn || options.silent) setInterval(() => {}, 1000);

function request(method, params) {
  asked += 1;
  send({ id: `s${asked}`, method, params });
  return new Promise((resolve) => waiting.set(`s${asked}`, resolve));
}

// what a call of that name does to the server
function misbehave(name) {
  if (options.die === name) process.exit(3);
  if (options.deaf === name) options.silent = true;
  if (options.numb === name)
    setImmediate(() => {
      options.silent = true;
    });
  if (options.flood === name) process.stdout.write("x".repeat(100 << 20));
  if (options.plug === name) {
    setInterval(() => {}, 1000);
    options.stubborn = true;
    setImmediate(() => closeSync(0));
  }
  if (!options.flicker) return;
  tools = tools.map((tool, n) => (n === 0 ? tool : { ...tool, description: `Now ${Math.random()}.` }));
  for (let n = 0; n < 50; n += 1) send({ method: "notifications/tools/list_changed" });
}

const TOOLS = {
  grow: () => {
    tools = [...tools, { name: "grown", description: "It came later.", inputSchema: OBJECT }];
    send({ method: "notifications/tools/list_changed" });
  },
  ask: async ({ times = 1 }) => {
    const answers = await Promise.all(
      Array.from({ length: times }, () => request("elicitation/create", options.elicit)),
    );
    log(`answered ${JSON.stringify(answers)}`);
    return text(JSON.stringify(answers.length === 1 ? answers[0] : answers));
  },
  ping: async () => text(JSON.stringify(await request("ping", {}))),
  roots: async () => text(JSON.stringify(await request("roots/list", {}))),
  env: () => text(JSON.stringify(process.env)),
};

async function called(name, input) {
  if (options.hang === name || options.deaf === name) return new Promise(() => {});
  if (options.fails === name) return { ...text("no such thing"), isError: true };
  if (options.errors === name) throw new Error("it broke inside");
  if (options.sized === name) return text("y".repeat(input.size));
  if (options.content?.[name]) return { content: options.content[name] };
  return (await TOOLS[name]?.(input)) ?? text(`${name} 1.2.3 ${JSON.stringify(input)}`);
}

const METHODS = {
  initialize: ({ protocolVersion, capabilities }) => {
    log(`capabilities ${JSON.stringify(capabilities)}`);
    return {
      protocolVersion,
      serverInfo: { name: "fixture", version: "1.2.3" },
      instructions: options.instructions,
      capabilities: {
        tools: { listChanged: true },
        ...(options.resources && { resources: {} }),
        ...(options.prompts && { prompts: {} }),
      },
    };
  },
  ping: () => ({}),
  "tools/list": ({ cursor = "0" } = {}) => {
    if (options.listless) return new Promise(() => {});
    const size = options.pages ?? tools.length;
    const end = Number(cursor) + size;
    if (options.endless) return { tools, nextCursor: `${Number(cursor) + 1}` };
    return { tools: tools.slice(Number(cursor), end), ...(end < tools.length && { nextCursor: String(end) }) };
  },
  "tools/call": ({ name, arguments: input = {} }) => {
    log(`call ${name} ${JSON.stringify(input)}`);
    misbehave(name);
    return called(name, input);
  },
  "resources/list": () => ({ resources: [{ uri: "fix://one", name: "One", mimeType: "text/plain" }] }),
  "resources/read": ({ uri }) => ({ contents: [{ uri, mimeType: "text/plain", text: `the text of ${uri}` }] }),
  "prompts/list": () => ({
    prompts: [
      { name: "Review", description: "Reviews it.", arguments: [{ name: "what", required: true }, { name: "how" }] },
    ],
  }),
  "prompts/get": ({ arguments: given }) => ({
    messages: [{ role: "user", content: { type: "text", text: `Review ${given.what} (${given.how}).` } }],
  }),
};

createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const { id, method, params, result, error } = JSON.parse(line);
    if (method === undefined) return waiting.get(id)?.(result ?? error);
    if (options.silent || id === undefined) return;
    if (options.slow) await new Promise((resolve) => setTimeout(resolve, options.slow));
    try {
      const answer = await METHODS[method]?.(params);
      if (answer === undefined) send({ id, error: { code: -32601, message: `no ${method}` } });
      else send({ id, result: answer });
    } catch (failure) {
      send({ id, error: { code: -32603, message: failure.message } });
    }
  })
  .on("close", () => options.stubborn || process.exit(0));
