import type { Json } from "../../src/core/message.js";
import { connect } from "../../src/mcp/connect.js";
import { loopback } from "../../src/mcp/loopback.js";
import type { Ground, ServerSpec } from "../../src/mcp/types.js";

// What the official conformance suite drives: connects to the address it is given, lists, and calls each tool once.
const address = process.argv.at(-1) ?? "";
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
const kept = new Map<string, Json>();

const ground: Ground = {
  version: "0.0.0",
  cwd: process.cwd(),
  env: {},
  tokens: {
    load: (key) => kept.get(key),
    save: (key, value) => void (value === undefined ? kept.delete(key) : kept.set(key, value)),
  },
  elicit: async () => ({ action: "accept", content: {} }),
};

const back = await loopback();
if (context.client_id !== undefined)
  kept.set(address, {
    redirect: back.address,
    client: { client_id: context.client_id, ...(context.client_secret && { client_secret: context.client_secret }) },
  });

// the person at the browser: follows where the server leads back to
async function open(to: URL): Promise<void> {
  const answer = await fetch(to, { redirect: "manual" });
  await fetch(answer.headers.get("location") ?? "");
}

function sample(schema: Json): Json {
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> };
  const value = (type: string | undefined) =>
    type === "number" || type === "integer" ? 5 : type === "boolean" ? true : "x";
  return Object.fromEntries(Object.entries(properties).map(([name, { type }]) => [name, value(type)]));
}

const spec: ServerSpec = {
  ...{ name: "conformance", from: "here", shown: address, print: "" },
  way: { type: "http", url: address, headers: {} },
};
const told = { changed() {}, lost() {}, stderr() {} };
const signal = new AbortController().signal;
const login = /^auth\//.test(process.env.MCP_CONFORMANCE_SCENARIO ?? "") ? { loopback: back, open } : undefined;
try {
  const connection = await connect(spec, { ground, told }, { signal, timeout: 20_000, login });
  const { tools } = await connection.catalogue(signal);
  for (const { name, schema } of tools)
    await connection.call(name, sample(schema), { signal, timeout: 20_000, progress() {} });
  await connection.close();
} finally {
  back.close();
}
process.exit(0);
