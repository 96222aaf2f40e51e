import { nearest } from "../platform/text.js";
import { cleaned, unposed } from "../plugins/instruction-text.js";
import type { AgentType } from "../store/agent-files.js";
import { AGENT_TOOL } from "./agent-tool.js";

/** What acts on the conversation it belongs to: a sub-agent has it only where its type names it. */
const OWN = ["todo_write", "compact", "load_skill", "remember", "recall", "forget"];

/** What other agents call these tools. */
const KNOWN: Record<string, readonly string[]> = {
  read: ["read_file"],
  write: ["write_file"],
  edit: ["edit_file"],
  multiedit: ["edit_file"],
  bash: ["bash", "job"],
  bashoutput: ["job"],
  killshell: ["job"],
  glob: ["glob"],
  grep: ["grep"],
  ls: ["glob"],
  webfetch: ["http"],
  todowrite: ["todo_write"],
  skill: ["load_skill"],
};

/** The type of this name; undefined where none is asked for. Throws a sentence that names the nearest. */
export function typeNamed(name: string | undefined, types: readonly AgentType[]): AgentType | undefined {
  const wanted = name?.trim() ?? "";
  const found = types.find((type) => type.name === wanted);
  if (wanted === "" || found || (types.length === 0 && wanted === "general-purpose")) return found;
  const [near] = nearest(
    wanted,
    types.map((type) => type.name),
  );
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  const there = types.length === 0 ? "there are none: leave it out" : types.map((type) => type.name).join(", ");
  throw new Error(`There is no type of sub-agent "${wanted.slice(0, 60)}".${hint} Types: ${there}.`);
}

/** Which of these tools a sub-agent has: a type can name fewer of them, and never the one that makes sub-agents. */
export function toolsFor<T extends { name: string }>(type: AgentType | undefined, tools: readonly T[]): T[] {
  const others = tools.filter(({ name }) => name !== AGENT_TOOL);
  const listed = type?.tools;
  if (listed === undefined) return others.filter(({ name }) => !OWN.includes(name));
  const names = new Set(listed.flatMap((name) => [name, ...(KNOWN[name.toLowerCase()] ?? [])]));
  return others.filter(({ name }) => names.has(name));
}

/** Names that a list may hold without a word: this session may have been started without them, or they are another agent's. */
const QUIET = new Set([...OWN, ...Object.keys(KNOWN), ...Object.values(KNOWN).flat(), "http", "schedule", AGENT_TOOL]);

type There = { tools: readonly { name: string }[]; servers: boolean };

const isRemote = (name: string) => name.startsWith("mcp__");

/** Which tools that a type names there are none of, as they were written. Throws a sentence where none of them all is there. */
export function toolsMissing(type: AgentType | undefined, { tools, servers }: There): string[] {
  const listed = type?.tools ?? [];
  if (type === undefined || listed.length === 0) return [];
  if (toolsFor(type, tools).length === 0 && !(servers && listed.some(isRemote)))
    throw new Error(
      `The type of sub-agent "${type.name}" has none of its tools here (${listed.join(", ").slice(0, 200)}): mend "tools" in ${type.path}.`,
    );
  const there = new Set(tools.map(({ name }) => name));
  return toolsUnknown(type).filter((name) => !there.has(name));
}

/** Which names of a type's list are no tool's of nanocoder, nor of a server or another agent. */
export function toolsUnknown({ tools = [] }: AgentType): string[] {
  return tools.filter((name) => !QUIET.has(name) && !QUIET.has(name.toLowerCase()) && !isRemote(name));
}

/** What the model is told of the types there are. */
export function typesTold(types: readonly AgentType[]): string {
  const lines = types
    .slice(0, 40)
    .map(({ name, description }) =>
      unposed(`- ${cleaned(name).text}: ${cleaned(description).text.slice(0, 200).toWellFormed()}`),
    );
  const more = types.length > 40 ? [`[${types.length - 40} more]`] : [];
  return ["Types of sub-agents, for the tool agent", ...lines, ...more].join("\n");
}
