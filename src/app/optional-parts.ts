import { existsSync } from "node:fs";
import { join } from "node:path";
import { agentTool } from "../agents/agent-tool.js";
import type { Log } from "../core/log.js";
import type { Model } from "../core/model.js";
import type { Plugin } from "../core/plugin.js";
import { sentence } from "../core/run-tools.js";
import type { Tool } from "../core/tool.js";
import type { Mcp } from "../mcp/plugin.js";
import type { Redactor } from "../platform/secrets.js";
import type { Hooks } from "../plugins/hooks.js";
import type { Ground as Delegating } from "./child-agents.js";
import type { Config } from "./config.js";
import type { Front } from "./front.js";
import { memoryParts } from "./memory.js";
import { UsageError } from "./usage-error.js";

type Redacting = Config & { redact: Redactor };

// what makes sub-agents is loaded with the first of them
export function delegation(ground: () => Delegating) {
  return agentTool(async (order, context) => (await import("./child-agents.js")).delegate(order, context, ground()));
}

// what ran in the background ended with the process that it ran in
export async function tellLost(log: Log, { notice }: Front): Promise<void> {
  if (!log.events.some((event) => event.type === "state" && event.key.startsWith("job:"))) return;
  const lost = (await import("../plugins/lost-jobs.js")).lostJobs(log.events);
  if (lost === undefined) return;
  for (const fact of lost.facts) log.append(fact);
  notice(lost.line);
}

type Remembering = Front & { extractor: Model | undefined };

export function memoryOf({ memory, home, cwd, redact }: Redacting, { notice, extractor }: Remembering) {
  return memory.enabled
    ? memoryParts({ ...memory, place: { home, cwd }, redact, notice, extractor, prompts: 2 })
    : undefined;
}

// loaded only when there are some
export async function hooksOf(config: Redacting, transcript: string | undefined): Promise<Hooks | undefined> {
  if (Object.keys(config.hooks).length === 0) return undefined;
  const { hooks } = await import("../plugins/hooks.js");
  const { hooks: settings, cwd, childEnv: env, mode: permissionMode } = config;
  try {
    return hooks({ settings, cwd, env, permissionMode, ...(transcript && { transcript }), redact: config.redact.json });
  } catch (error) {
    throw new UsageError(`hooks: ${sentence(error)}`);
  }
}

export const isBuiltin = (name: string) => !name.startsWith("mcp__");

// loaded only when there are some, and some of their tools are wanted
export async function mcpOf(config: Config, front: Front): Promise<Mcp | undefined> {
  if (config.mcp.specs.length === 0 || config.mcp.only?.every(isBuiltin)) return undefined;
  return (await import("./mcp-servers.js")).mcpServers(config, front);
}

// the same for what describes types of sub-agents
export async function agentTypes(config: Config, { notice }: Front): Promise<Plugin[]> {
  const places = [config.home, join(config.cwd, ".nanocoder"), join(config.cwd, ".claude")];
  if (!places.some((place) => existsSync(join(place, "agents")))) return [];
  return [(await import("./child-agents.js")).typesPlugin(config, notice)];
}

type Learning = { window: number; redact(text: string): string; notice(line: string): void; readable: string[] };

// most have none: what reads them is loaded when there is a folder for them
export async function skillsOf({ home, cwd }: Config, { readable, ...learning }: Learning) {
  const own = join(home, "skills");
  if (existsSync(own)) readable.push(own);
  else if (![".nanocoder", ".agents", ".claude"].some((name) => existsSync(join(cwd, name, "skills"))))
    return undefined;
  return (await import("./skill-parts.js")).skillParts({ home, cwd, ...learning });
}

// loaded only when they are wanted
export async function addedPlugins({ outputSchema: schema }: Config): Promise<Plugin[]> {
  return schema === undefined ? [] : [(await import("../plugins/output-schema.js")).outputSchema(schema)];
}

/** The tool of schedules, which a front end adds. */
export const SCHEDULING = "schedule";
// what folder and home hold decides whether it is there: naming it is no mistake
const SKILLS = "load_skill";

/** The tools of these names; all when there are none. `added` are those that come from elsewhere. Throws for one that there is not. */
export async function toolsNamed(
  tools: Tool[],
  names: readonly string[] | undefined,
  added: readonly string[] = [],
): Promise<Tool[]> {
  if (names === undefined) return tools;
  const there = [...tools.map((tool) => tool.name), ...added];
  const unknown = names.find((name) => !there.includes(name) && name !== SKILLS);
  if (unknown === undefined) return tools.filter((tool) => names.includes(tool.name));
  throw new UsageError((await import("./unknown-tool.js")).unknownTool(unknown, there));
}
