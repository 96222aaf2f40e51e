import { pathToFileURL } from "node:url";
import {
  Client,
  type Progress,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type Transport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import type { Json } from "../core/message.js";
import { sentence } from "../core/run-tools.js";
import { isFields } from "../platform/fields.js";
import { bounded } from "./bounded.js";
import { answeredOf, partsOf, readOf } from "./content.js";
import { formOf } from "./form.js";
import { Forms } from "./forms.js";
import { Authorization, type Login } from "./oauth.js";
import { CLOSED, Stdio } from "./stdio.js";
import type { CallWish, Catalogue, Connection, Ground, ServerSpec, Told } from "./types.js";

/** For a list, a prompt or a greeting, in milliseconds. */
const SHORT = 30_000;
/** How often one request is sent again after the person allowed more. */
const LOGINS = 2;
/** For a person to log in, in milliseconds. */
const MINUTES = 300_000;
/** A call's own time begins anew with each progress that is told, but ends after this many of it. */
const PATIENCE = 12;

type Wish = { signal: AbortSignal; timeout: number; login?: Login | undefined };
type Line = Transport & { finishAuth?(params: URLSearchParams): Promise<void> };
type Open = { client: Client; line: Line; forms: Forms; authorization: Authorization | undefined };

/** It wants the person to log in first. */
export class LoginNeeded extends Error {
  override readonly name = "LoginNeeded";
}

/** A request got no answer in its time. */
class Unanswered extends Error {
  override readonly name = "Unanswered";
}

/** Connects to a server and shakes hands. Rejects with a sentence, or with LoginNeeded where nobody can log in now. */
export async function connect(
  spec: ServerSpec,
  around: { ground: Ground; told: Told },
  wish: Wish,
): Promise<Connection> {
  const open = await opened(spec, around, wish);
  const { client, line } = open;
  const { told } = around;
  let over = false;
  const lost = (why: string) => {
    if (over) return;
    over = true;
    told.lost(why);
  };
  client.onclose = () => lost(line instanceof Stdio ? line.why : "the connection was closed");
  const asked = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await open.forms.during(() => loggedIn(open, work));
    } catch (error) {
      if (isGone(error)) lost(sentence(error));
      if (isLate(error)) throw new Unanswered(reasonOf(error));
      throw new Error(reasonOf(error));
    }
  };
  return {
    catalogue: (signal) => asked(() => catalogueOf(client, signal)),
    call: async (name, input, more) => {
      const params = { name, arguments: isFields(input) ? input : {} };
      return answeredOf(await asked(() => client.callTool(params, optionsOf(more))));
    },
    resources: async (more) => {
      const { resources } = await asked(() => client.listResources(undefined, optionsOf(more)));
      return resources.map(({ uri, name, title, description = "", mimeType: mime = "" }) => ({
        ...{ uri, name: title ?? name, description, mime },
      }));
    },
    read: async (uri, more) => readOf(await asked(() => client.readResource({ uri }, optionsOf(more)))),
    prompt: async (name, args) => {
      const { messages } = await asked(() => client.getPrompt({ name, arguments: args }, { timeout: SHORT }));
      return messages.flatMap(({ content }) => partsOf(content));
    },
    answers: (wish) =>
      client.ping(wish).then(
        () => true,
        (error: unknown) => error instanceof ProtocolError,
      ),
    async close() {
      over = true;
      await client.close();
    },
  };
}

async function opened(spec: ServerSpec, around: { ground: Ground; told: Told }, wish: Wish): Promise<Open> {
  const authorization = authorizationOf(spec, around.ground, wish.login);
  for (let tries = 1; ; tries += 1) {
    const forms = new Forms(around.ground.elicit);
    const client = clientFor(spec, around, forms);
    const open = { line: lineTo(spec, around, authorization), client, forms, authorization };
    try {
      await open.client.connect(open.line, { signal: wish.signal, timeout: wish.timeout });
      return open;
    } catch (error) {
      const again = tries <= LOGINS && (await mayTryAgain(open, error, wish.signal));
      await open.client.close().catch(() => undefined);
      await open.line.close().catch(() => undefined);
      if (!again) throw whyNot(open.line, error);
    }
  }
}

async function mayTryAgain({ line, authorization }: Open, error: unknown, signal: AbortSignal): Promise<boolean> {
  if (!isUnauthorized(error) || !authorization?.asked) return false;
  await line.finishAuth?.(await authorization.answered(signal));
  return true;
}

function whyNot(line: Line, error: unknown): Error {
  if (isUnauthorized(error)) return new LoginNeeded("it wants a login");
  return new Error(line instanceof Stdio && line.why !== CLOSED ? line.why : reasonOf(error));
}

// what is known of a login is used; without it nothing is registered or asked before a person wants it
function authorizationOf({ way }: ServerSpec, { tokens }: Ground, login: Login | undefined): Authorization | undefined {
  if (way.type === "stdio") return undefined;
  const authorization = new Authorization(way.url, tokens, login);
  return login !== undefined || authorization.known ? authorization : undefined;
}

function lineTo(
  spec: ServerSpec,
  { ground, told }: { ground: Ground; told: Told },
  authorization?: Authorization,
): Line {
  const { way } = spec;
  if (way.type === "stdio") {
    const env = { ...ground.env, ...way.env };
    return new Stdio({ ...way, env, cwd: ground.cwd, stderr: told.stderr });
  }
  const options = {
    requestInit: { headers: way.headers },
    fetch: bounded(ground.fetch ?? fetch),
    ...(authorization && { authProvider: authorization }),
  };
  const url = new URL(way.url);
  return way.type === "sse" ? new SSEClientTransport(url, options) : new StreamableHTTPClientTransport(url, options);
}

function clientFor({ name }: ServerSpec, { ground, told }: { ground: Ground; told: Told }, forms: Forms): Client {
  const list = { autoRefresh: false, debounceMs: 100, onChanged: () => told.changed() };
  const client = new Client(
    { name: "nanocoder", version: ground.version },
    {
      capabilities: { elicitation: { form: { applyDefaults: true } }, roots: {} },
      listChanged: { tools: list, prompts: list, resources: list },
    },
  );
  client.setRequestHandler("roots/list", () => ({
    roots: [{ uri: pathToFileURL(ground.cwd).href, name: "workspace" }],
  }));
  client.setRequestHandler("elicitation/create", async ({ params }, { mcpReq }) => {
    if (!("requestedSchema" in params)) return { action: "decline" };
    // it came as JSON
    return forms.fill(formOf(name, params.message, params.requestedSchema as Json), mcpReq.signal);
  });
  return client;
}

async function catalogueOf(client: Client, signal: AbortSignal): Promise<Catalogue> {
  const { tools: hasTools, prompts: hasPrompts, resources } = client.getServerCapabilities() ?? {};
  const options = { signal, timeout: SHORT, cacheMode: "refresh" as const };
  const { tools } = hasTools ? await client.listTools(undefined, options) : { tools: [] };
  const { prompts } = hasPrompts ? await client.listPrompts(undefined, options) : { prompts: [] };
  return {
    tools: tools.map(({ name, description = "", inputSchema }) => ({ name, description, schema: inputSchema as Json })),
    prompts: prompts.map(({ name, description = "", arguments: args = [] }) => ({
      name,
      description,
      args: args.map((each) => ({ name: each.name, required: each.required === true })),
    })),
    resources: resources !== undefined,
    instructions: client.getInstructions() ?? "",
  };
}

function optionsOf({ signal, timeout, progress }: CallWish) {
  return {
    ...{ signal, timeout, resetTimeoutOnProgress: true, maxTotalTimeout: Math.min(timeout * PATIENCE, 2 ** 31 - 1) },
    onprogress: ({ message, progress: done, total }: Progress) =>
      progress(`${message ?? `${done}${total === undefined ? "" : ` of ${total}`}`}\n`),
  };
}

async function loggedIn<T>(open: Open, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const again = tries <= LOGINS && (await mayTryAgain(open, error, AbortSignal.timeout(MINUTES)));
      if (!again) throw error;
    }
  }
}

function isUnauthorized(error: unknown): boolean {
  return (
    error instanceof UnauthorizedError ||
    statusOf(error) === 401 ||
    (error instanceof Error && error.name === "LoginNeeded")
  );
}

// a server that cannot be reached, or no longer knows this session
function isGone(error: unknown): boolean {
  const status = statusOf(error);
  // some say 400 of a session that they do not know
  if (status === 404 || (status === 400 && /session/i.test(sentence(error)))) return true;
  return error instanceof TypeError && /fetch failed/.test(error.message);
}

function isLate(error: unknown): boolean {
  return error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout;
}

function statusOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
}

function reasonOf(error: unknown): string {
  if (isUnauthorized(error)) return "it wants a login";
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return sentence(error).replace(/^MCP error -?\d+: /, "") + cause;
}
