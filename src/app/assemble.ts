import { last } from "../core/fold.js";
import type { Agent } from "../core/loop.js";
import type { Plugin } from "../core/plugin.js";
import type { Tool } from "../core/tool.js";
import type { Mcp } from "../mcp/plugin.js";
import { newScope } from "../platform/exec.js";
import { type Redactor, redactor } from "../platform/secrets.js";
import type { Background } from "../plugins/background.js";
import type { ContextOptions } from "../plugins/context-options.js";
import type { Hooks } from "../plugins/hooks.js";
import { instructions } from "../plugins/instructions.js";
import { oneWriter } from "../plugins/one-writer.js";
import { turns } from "../plugins/turns.js";
import type { VerifyOptions } from "../plugins/verify-options.js";
import { outputsIn } from "../store/outputs.js";
import { type AgentParts, agentOf, builtinTools, closeAgent } from "./agent.js";
import { besideChild, besideOf } from "./beside.js";
import type { Config } from "./config.js";
import type { Front, Ground, Resume } from "./front.js";
import { type Models, modelsOf } from "./models.js";
import { type OpenSession, openSession, outputFolders } from "./open-session.js";
import {
  addedPlugins,
  agentTypes,
  delegation,
  hooksOf,
  isBuiltin,
  mcpOf,
  memoryOf,
  skillsOf,
  tellLost,
  toolsNamed,
} from "./optional-parts.js";
import { policyOf } from "./policy.js";
import { firstFact, surroundings } from "./prompt.js";
import { recordSettings } from "./session-settings.js";
import { verification, verifyOptions } from "./verification.js";

export type { Front, Ground, Resume } from "./front.js";

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
  return assembleOn({ config, front, models, redact, session });
}

/** What an agent is assembled from: settings and flags, or the options of a program. */
export type Making = { config: Config; front: Front; models: Models; redact: Redactor; session: OpenSession };

/** Builds an agent on a session that is open, and lets go of it when that fails. */
export async function assembleOn(making: Making): Promise<Opened> {
  try {
    return await assembled(making);
  } catch (error) {
    making.session.release();
    throw error;
  }
}

async function assembled({ config, front, models, redact, session }: Making): Promise<Opened> {
  const { cwd = config.cwd, parent } = last(session.log.events, "session") ?? {};
  const [outputs, readable] = session.outputs ?? (await outputFolders(config.home, session.id, parent?.id));
  const model = models.modelFor("work");
  const learning = { ...front, window: model.window, redact: redact.text, readable };
  const skills = config.instructions ? await skillsOf({ ...config, cwd }, learning) : undefined;
  const { remember } = front;
  const policy = { ...(await policyOf({ ...config, cwd }, readable)), ...(remember && { remember }) };
  const { childEnv: env, userHome: home } = config;
  const hooks = await hooksOf({ ...config, cwd, redact }, session.path);
  const { cheap } = models;
  const memory = memoryOf({ ...config, cwd, redact }, { ...front, extractor: cheap });
  const scope = newScope();
  const commands = { scope, env, outputs, home, sandbox: policy.sandbox, redact: redact.text };
  const beside = besideOf({ scope, outputs, redact: redact.text, log: session.log }, front);
  const builtins = builtinTools(commands, beside.background);
  const room: Room = {
    save: outputsIn(outputs, redact.text),
    summariser: cheap,
    transcript: session.path,
    before: async (trigger) => ((await hooks?.fire("PreCompact", { trigger }))?.denials ?? []).length === 0,
  };
  const verify = verifyOptions({ config: { ...config, cwd }, policy, readable, outputs, redact: redact.text, scope });
  const mcp = await mcpOf({ ...config, cwd }, front);
  const { endAll: endBeside } = beside.background;
  const ground = { id: session.id, log: session.log, cwd, models, redact, commands, endBeside };
  const around = { config: { ...config, cwd }, models, hooks, redact, mcp, path: session.path, notice: front.notice };
  const told = new Set<string>();
  const delegated = delegation(() => ({ ...around, told, parts, agentOf, outputs, beside: besideChild(commands) }));
  const parts: AgentParts = {
    ...config,
    log: session.log,
    model,
    cwd,
    policy,
    tools: await toolsOf([...builtins, delegated, ...(memory?.tools ?? [])], { skills, mcp, config, front }),
    hooks,
    beside,
    memory: memory?.plugin,
    verify: verification(verify, config),
    ask: toldOf(hooks, front),
    readable,
    room,
    ...(config.undo && { checkpoints: { home: config.home } }),
    plugins: [
      ...(await pluginsOf({ ...config, cwd }, { skills, mcp, front, redact })),
      ...((await front.plugins?.(ground)) ?? []),
    ],
    shared: { turns: turns(), writer: oneWriter() },
  };
  const agent = agentOf(parts);
  if (last(session.log.events, "session") === undefined) await beginLog(agent, { config, cwd, session, front });
  models.gateway?.keep((fact) => session.log.append(fact));
  recordSettings(session.log, config);
  if (session.saved) await tellLost(session.log, front);
  const close = () => closeAgent(agent, scope).finally(session.release);
  return { agent, id: session.id, models, ground, room, background: beside.background, verify, mcp, close };
}

type Optional = {
  skills: Awaited<ReturnType<typeof skillsOf>>;
  mcp: Mcp | undefined;
  front: Front;
};

async function toolsOf(
  own: readonly Tool[],
  { skills, mcp, config, front }: Optional & { config: Config },
): Promise<Tool[]> {
  const names = mcp ? config.tools?.filter(isBuiltin) : config.tools;
  return [...(await toolsNamed([...own, ...(skills ? [skills.tool] : [])], names, front.adds)), ...(front.tools ?? [])];
}

async function pluginsOf(
  config: Config,
  { skills, mcp, front, redact }: Optional & { redact: Redactor },
): Promise<Plugin[]> {
  const { notice } = front;
  const told = config.instructions ? [instructions({ ...config, redact: redact.text, notice })] : [];
  return [
    ...told,
    ...(mcp ? [mcp.plugin] : []),
    ...(skills ? [skills.plugin] : []),
    ...(await addedPlugins(config)),
    ...(config.instructions ? await agentTypes(config, front) : []),
  ];
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
