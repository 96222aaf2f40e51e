import { existsSync } from "node:fs";
import { join } from "node:path";
import { agentTool } from "../agents/agent-tool.js";
import { last } from "../core/fold.js";
import { Inbox } from "../core/inbox.js";
import { type Log, memoryLog } from "../core/log.js";
import type { Agent } from "../core/loop.js";
import type { Model } from "../core/model.js";
import type { Plugin } from "../core/plugin.js";
import { sentence } from "../core/run-tools.js";
import type { Tool } from "../core/tool.js";
import type { Mcp } from "../mcp/plugin.js";
import type { ElicitAnswer, Elicited } from "../mcp/types.js";
import { type Redactor, redactor } from "../platform/secrets.js";
import { type Background, background } from "../plugins/background.js";
import type { ContextOptions } from "../plugins/context-options.js";
import type { Hooks } from "../plugins/hooks.js";
import { instructions } from "../plugins/instructions.js";
import { oneWriter } from "../plugins/one-writer.js";
import type { Answer, Asking, Question } from "../plugins/question.js";
import { turns } from "../plugins/turns.js";
import type { VerifyOptions } from "../plugins/verify-options.js";
import { damaged, openLog } from "../store/log-file.js";
import { outputsIn } from "../store/outputs.js";
import { newSessionId, sessionPath } from "../store/sessions.js";
import type { BashOptions } from "../tools/bash.js";
import { type AgentParts, agentOf, builtinTools, closeAgent } from "./agent.js";
import type { Ground as Delegating } from "./child-agents.js";
import type { Config } from "./config.js";
import { memoryParts } from "./memory.js";
import { type Models, modelsOf } from "./models.js";
import { policyOf } from "./policy.js";
import { firstFact, surroundings } from "./prompt.js";
import { recordSettings } from "./session-settings.js";
import { UsageError } from "./usage-error.js";
import { verification, verifyOptions } from "./verification.js";

/** Which session to go on with; a new one when neither is given. `fork`: in a new session that begins with its events. */
export type Resume = { newest?: boolean; id?: string; fork?: boolean };

/** What a front end brings: a way to ask the person, where words to that person go, and mechanisms of its own. */
export type Front = {
  ask(question: Question, asking: Asking): Promise<Answer>;
  notice(line: string): void;
  /** A server wants a form filled in; it is declined where nobody can. */
  elicit?(asked: Elicited): Promise<ElicitAnswer>;
  plugins?(ground: Ground): Promise<Plugin[]>;
  /** Nobody comes back to the session: commands in the background are waited for so many milliseconds at its end. */
  patience?: number;
};

/** What a mechanism of a front end stands on. */
export type Ground = {
  id: string;
  log: Log;
  /** The workspace, links resolved. */
  cwd: string;
  models: Models;
  redact: Redactor;
  /** How the tools' commands run. */
  commands: BashOptions;
};

/** How the conversation is kept within the window. */
type Room = Omit<ContextOptions, "maxOutput">;

export type Opened = {
  agent: Agent;
  id: string;
  models: Models;
  ground: Ground;
  room: Room;
  background: Background;
  /** How changed files are checked when a person asks for it. */
  verify: VerifyOptions;
  /** Absent: no MCP server is configured. */
  mcp: Mcp | undefined;
  close(): Promise<void>;
};

/** Builds an agent from a configuration. `close` ends what it started and lets go of the session's file. */
export async function assemble(config: Config, resume: Resume, front: Front): Promise<Opened> {
  for (const notice of config.notices) front.notice(notice);
  const models = await modelsOf(config, front.notice);
  const redact = redactor(config.keys);
  const session = await openSession({ ...config, redact }, resume, front);
  try {
    return await assembled({ config, front, models, redact, session });
  } catch (error) {
    session.release();
    throw error;
  }
}

type Making = { config: Config; front: Front; models: Models; redact: Redactor; session: OpenSession };

async function assembled({ config, front, models, redact, session }: Making): Promise<Opened> {
  const { cwd = config.cwd, parent } = last(session.log.events, "session") ?? {};
  const [outputs, readable] = await outputFolders(config.home, session.id, parent?.id);
  const model = models.modelFor("work");
  const skills = await skillsOf({ ...config, cwd }, { ...front, window: model.window, redact: redact.text, readable });
  const policy = await policyOf({ ...config, cwd }, readable);
  const { childEnv: env, userHome: home } = config;
  const hooks = await hooksOf({ ...config, cwd, redact }, session.path);
  const cheap = models.gateway && models.modelFor("summarise");
  const memory = memoryOf({ ...config, cwd, redact }, { ...front, extractor: cheap });
  const commands = { env, outputs, home, sandbox: policy.sandbox, redact: redact.text };
  const beside = besideOf({ outputs, redact: redact.text, log: session.log }, front);
  const builtins = builtinTools(commands, beside.background);
  const room: Room = {
    save: outputsIn(outputs, redact.text),
    summariser: cheap,
    transcript: session.path,
    before: async (trigger) => ((await hooks?.fire("PreCompact", { trigger }))?.denials ?? []).length === 0,
  };
  const verify = verifyOptions({ config: { ...config, cwd }, policy, readable, outputs, redact: redact.text });
  const mcp = await mcpOf({ ...config, cwd }, front);
  const ground = { id: session.id, log: session.log, cwd, models, redact, commands };
  const around = { config: { ...config, cwd }, models, hooks, redact, path: session.path, notice: front.notice };
  const delegated = delegation(() => ({ ...around, parts, agentOf }));
  const parts: AgentParts = {
    ...config,
    log: session.log,
    model,
    cwd,
    policy,
    tools: chosen(
      [...builtins, delegated, ...(memory?.tools ?? []), ...(skills ? [skills.tool] : [])],
      mcp ? config.tools?.filter(isBuiltin) : config.tools,
    ),
    hooks,
    beside,
    memory: memory?.plugin,
    verify: verification(verify, config),
    ask: toldOf(hooks, front),
    readable,
    room,
    checkpoints: { home: config.home },
    plugins: [
      instructions({ ...config, cwd, redact: redact.text, notice: front.notice }),
      ...(mcp ? [mcp.plugin] : []),
      ...(skills ? [skills.plugin] : []),
      ...(await addedPlugins(config)),
      ...(await agentTypes({ ...config, cwd }, front)),
      ...((await front.plugins?.(ground)) ?? []),
    ],
    shared: { turns: turns(), writer: oneWriter() },
  };
  const agent = agentOf(parts);
  if (last(session.log.events, "session") === undefined) await beginLog(agent, { config, cwd, session, front });
  models.gateway?.keep((fact) => session.log.append(fact));
  recordSettings(session.log, config);
  if (session.saved) await tellLost(session.log, front);
  const close = () => closeAgent(agent).finally(session.release);
  return { agent, id: session.id, models, ground, room, background: beside.background, verify, mcp, close };
}

function toldOf(hooks: Hooks | undefined, front: Front): Front["ask"] {
  return (question, asking) => {
    void hooks?.notify(`${question.tool}: ${question.why}`);
    return front.ask(question, asking);
  };
}

type Beginning = Pick<Making, "config" | "session" | "front"> & { cwd: string };

async function beginLog(agent: Agent, { config, cwd, session, front }: Beginning): Promise<void> {
  const around = surroundings(cwd, config.shell);
  session.log.append(await firstFact(agent, { id: session.id, around, system: config.system }));
  if (session.saved)
    front.notice(`The beginning of ${session.path} is lost: it goes on in ${cwd} with a new system prompt.`);
}

// what makes sub-agents is loaded with the first of them
function delegation(ground: () => Delegating) {
  return agentTool(async (order, context) => (await import("./child-agents.js")).delegate(order, context, ground()));
}

function besideOf(of: { outputs: string; redact(text: string): string; log: Log }, { notice, patience }: Front) {
  const inbox = new Inbox();
  return { inbox, background: background({ ...of, inbox, notice, patience }) };
}

// what ran in the background ended with the process that it ran in
async function tellLost(log: Log, { notice }: Front): Promise<void> {
  if (!log.events.some((event) => event.type === "state" && event.key.startsWith("job:"))) return;
  const lost = (await import("../plugins/lost-jobs.js")).lostJobs(log.events);
  if (lost === undefined) return;
  for (const fact of lost.facts) log.append(fact);
  notice(lost.line);
}

type Remembering = Front & { extractor: Model | undefined };

function memoryOf({ memory, home, cwd, redact }: Redacting, { notice, extractor }: Remembering) {
  return memory.enabled
    ? memoryParts({ ...memory, place: { home, cwd }, redact, notice, extractor, prompts: 2 })
    : undefined;
}

// loaded only when there are some
async function hooksOf(config: Redacting, transcript: string): Promise<Hooks | undefined> {
  if (Object.keys(config.hooks).length === 0) return undefined;
  const { hooks } = await import("../plugins/hooks.js");
  const { hooks: settings, cwd, childEnv: env, mode: permissionMode } = config;
  try {
    return hooks({ settings, cwd, env, permissionMode, transcript, redact: config.redact.json });
  } catch (error) {
    throw new UsageError(`hooks: ${sentence(error)}`);
  }
}

const isBuiltin = (name: string) => !name.startsWith("mcp__");

// loaded only when there are some, and some of their tools are wanted
async function mcpOf(config: Config, front: Front): Promise<Mcp | undefined> {
  if (config.mcp.specs.length === 0 || config.tools?.every(isBuiltin)) return undefined;
  return (await import("./mcp-servers.js")).mcpServers(config, front);
}

// the same for what describes types of sub-agents
async function agentTypes(config: Config, { notice }: Front): Promise<Plugin[]> {
  const places = [config.home, join(config.cwd, ".nanocoder"), join(config.cwd, ".claude")];
  if (!places.some((place) => existsSync(join(place, "agents")))) return [];
  return [(await import("./child-agents.js")).typesPlugin(config, notice)];
}

type Learning = { window: number; redact(text: string): string; notice(line: string): void; readable: string[] };

// most have none: what reads them is loaded when there is a folder for them
async function skillsOf({ home, cwd }: Config, { readable, ...learning }: Learning) {
  const own = join(home, "skills");
  if (existsSync(own)) readable.push(own);
  else if (![".nanocoder", ".agents", ".claude"].some((name) => existsSync(join(cwd, name, "skills"))))
    return undefined;
  return (await import("./skill-parts.js")).skillParts({ home, cwd, ...learning });
}

// loaded only when they are wanted
async function addedPlugins({ outputSchema: schema }: Config): Promise<Plugin[]> {
  return schema === undefined ? [] : [(await import("../plugins/output-schema.js")).outputSchema(schema)];
}

function chosen(tools: Tool[], names: readonly string[] | undefined): Tool[] {
  if (names === undefined) return tools;
  const unknown = names.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown === undefined) return tools.filter((tool) => names.includes(tool.name));
  throw new UsageError(`--tools: there is no tool "${unknown}". Tools: ${tools.map((tool) => tool.name).join(", ")}.`);
}

type Redacting = Config & { redact: Redactor };
type OpenSession = { id: string; path: string; saved: boolean; log: Log; release(): void };

async function openSession(config: Redacting, resume: Resume, front: Front): Promise<OpenSession> {
  const saved = await savedOne(config, resume, front);
  const id = saved?.id ?? newSessionId();
  const path = saved?.path ?? sessionPath(config.home, config.cwd, id);
  const session = saved ? reopen(path, config, front) : openNew(path, config, front);
  return { ...session, id, path, saved: saved !== undefined };
}

async function savedOne(config: Config, { newest, id, fork }: Resume, front: Front) {
  if (!newest && id === undefined) return undefined;
  const saved = (await import("./saved-session.js")).savedSession(config, id ?? "last");
  if (!fork) return saved;
  const forked = (await import("../store/fork.js")).forkSession(saved);
  if (forked.skipped > 0) front.notice(damaged(forked.skipped, saved.path));
  return forked;
}

// a fork may read what the sessions it goes back to had put aside
async function outputFolders(home: string, id: string, parent: string | undefined): Promise<[string, string[]]> {
  const before = parent === undefined ? [] : (await import("../store/fork.js")).forebears(home, parent);
  const folders = [id, ...before].map((each) => join(home, "outputs", each));
  return [join(home, "outputs", id), folders];
}

function reopen(path: string, { redact }: Redacting, front: Front): { log: Log; release(): void } {
  const log = openLog(path, redact);
  if (log.skipped > 0) front.notice(damaged(log.skipped, path));
  return { log, release: () => log.close() };
}

// work that cannot be saved is still work
function openNew(path: string, config: Redacting, front: Front): { log: Log; release(): void } {
  try {
    return reopen(path, config, front);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    front.notice(`This session is not saved: ${error.message}. Set NANOCODER_HOME to a folder that can be written.`);
    return { log: memoryLog(), release: () => undefined };
  }
}
