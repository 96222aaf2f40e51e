import { isDeepStrictEqual } from "node:util";
import type { Json } from "../core/message.js";
import type { JsonSchema } from "../core/model.js";
import { sentence } from "../core/run-tools.js";
import type { Effect, Result, Tool, ToolContext } from "../core/tool.js";
import { isTooDeep } from "../platform/depth.js";
import { isFields } from "../platform/fields.js";
import { visible } from "../platform/text.js";
import { digest } from "./names.js";
import { resultOf } from "./result.js";
import type { Server } from "./server.js";
import type { Answered, CallWish, Connection, RemoteTool } from "./types.js";

/** How schemas of servers are checked, and arguments against them. */
export type Checks = {
  /** Why a schema is none that can be checked against; undefined when it can. */
  fault(schema: Json): string | undefined;
  misfits(schema: JsonSchema, value: Json): string[];
};

/** Of a description, in characters; of a schema, as JSON. */
const MOST = { description: 2000, schema: 30_000 };
/** Of one call unless the server's configuration says otherwise, in milliseconds. */
const TIMEOUT = 300_000;

/** A server's tool as one of ours. What its server says of it is told to the model as it is, and counts for nothing else. */
export function toolOf(
  server: Server,
  remote: RemoteTool,
  { name, checks }: { name: string; checks: Checks },
): Tool<Json> {
  const shown = remote.schema === undefined ? {} : seen(remote.schema);
  const fault = objectFault(shown) ?? checks.fault(shown);
  const large = JSON.stringify(shown).length > MOST.schema;
  const told = fault === undefined && !large && !isTooDeep(shown);
  const more = told ? "" : `\nIts arguments, as its server tells them: ${JSON.stringify(shown)}`;
  return {
    name,
    description: visible((remote.description + more).slice(0, MOST.description)).slice(0, MOST.description),
    input: {
      // a schema that is not told whole takes any object
      json: told ? asSchema(shown) : { type: "object" },
      parse(input) {
        const wrong = fault === undefined ? checks.misfits(asSchema(shown), input) : [];
        if (wrong.length > 0) throw new Error(wrong.join("; "));
        return input;
      },
    },
    effect: () => effectOf(server, JSON.stringify(remote)),
    run: (input, context) =>
      answer({ server, tool: remote.name }, context, async (connection, wish) => {
        refuseAnother(server, remote);
        return connection.call(remote.name, input, wish);
      }),
  };
}

// leave was given for what it said of itself then, which may have been in a session before
function refuseAnother({ catalogue, spec }: Server, remote: RemoteTool): void {
  const now = catalogue?.tools.find(({ name }) => name === remote.name);
  const what = `the tool ${visible(remote.name)} of the server "${spec.name}"`;
  if (now === undefined) throw new Error(`${what} is not there any more, and was not called`);
  if (!isDeepStrictEqual(now, remote))
    throw new Error(`${what} is described otherwise now, and was not called: read its new description first`);
}

// why what a server gives as a schema is no schema of an object
function objectFault(schema: Json): string | undefined {
  return asSchema(schema).type === "object" ? undefined : "its schema is not one of an object";
}

/** Lists what a server has to read, and reads it. */
export function resourceTool(server: Server, name: string): Tool<{ uri?: string }> {
  return {
    name,
    description: `Read a resource of the MCP server ${visible(server.spec.name)}; without a uri, list what there is.`,
    input: {
      json: { type: "object", properties: { uri: { type: "string" } } },
      parse(input) {
        const { uri } = asSchema(input);
        if (uri === undefined || uri === null || uri === "") return {};
        if (typeof uri !== "string") throw new Error("uri must be a string.");
        return { uri };
      },
    },
    effect: () => effectOf(server, "resources"),
    run: ({ uri }, context) =>
      answer({ server, tool: "resources" }, context, async (connection, wish) => {
        if (uri !== undefined) return connection.read(uri, wish);
        const all = await connection.resources(wish);
        const lines = all.map(({ uri: at, name: title, description, mime }) =>
          [at, title, mime, description].filter((each) => each !== "").join("  "),
        );
        return { content: [{ type: "text", text: lines.join("\n") || "It has none." }], failed: false };
      }),
  };
}

type Asking = (connection: Connection, wish: CallWish) => Promise<Answered>;

type Asked = { server: Server; tool: string };

async function answer({ server, tool }: Asked, { signal, progress }: ToolContext, ask: Asking): Promise<Result> {
  const { name, timeout = TIMEOUT } = server.spec;
  try {
    const answered = await server.use(signal, (connection) => ask(connection, { signal, timeout, progress }));
    return resultOf(answered, { server: name, tool });
  } catch (error) {
    if (signal.aborted) throw new Error("Interrupted.");
    throw new Error(`MCP error: ${sentence(error)}`);
  }
}

// what a program of somebody else does is not known; leave that is kept is pinned to what the tool said of itself
function effectOf({ spec }: Server, says: string): Effect {
  return {
    kind: spec.way.type === "stdio" ? "run" : "net",
    subjects: [`${spec.name}@${digest(spec.print + says, 12)}`],
    doubt: `the MCP server ${spec.name} does it, and what that touches is not known here`,
  };
}

function seen(value: Json): Json {
  if (typeof value === "string") return visible(value);
  if (Array.isArray(value)) return value.map(seen);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, seen(each)]));
}

function asSchema(value: Json): { [key: string]: Json } {
  return isFields(value) ? value : {};
}
