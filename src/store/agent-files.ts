import { readdirSync } from "node:fs";
import { join } from "node:path";
import { sentence } from "../core/run-tools.js";
import { type CommandPlace, rootOf, textOf } from "./command-files.js";
import { readMatter } from "./command-front.js";

/** A kind of sub-agent, from a Markdown file: what its text says is said to it. */
export type AgentType = {
  name: string;
  /** One line. */
  description: string;
  from: "user" | "project";
  path: string;
  prompt: string;
  /** Names as they were written; absent: those that any has. */
  tools?: string[];
  /** A tier of a gateway, or a model. */
  model?: string;
};

const KEYS = ["name", "description", "tools", "model"];

/** Where types lie: the user's own first, so that a project's does not take their place. */
export function agentPlaces({ home, cwd }: { home: string; cwd: string }): CommandPlace[] {
  const own: CommandPlace = { folder: join(home, "agents"), from: "user" };
  const names = [".nanocoder/agents", ".claude/agents"];
  return [own, ...names.map((name): CommandPlace => ({ folder: join(cwd, name), from: "project", within: cwd }))];
}

/** The types of these places; the first of a name counts. `faults` are sentences with file, line and column. */
export async function listAgentTypes(
  places: readonly CommandPlace[],
): Promise<{ types: AgentType[]; faults: string[] }> {
  const types = new Map<string, AgentType>();
  const faults: string[] = [];
  for (const place of places) {
    const root = rootOf(place);
    for (const file of root === undefined ? [] : filesIn(root)) {
      const read = await typeOf(file, { root: root ?? "", from: place.from });
      if (typeof read === "string") faults.push(read);
      else if (!types.has(read.name)) types.set(read.name, read);
    }
  }
  return { types: [...types.values()], faults };
}

function filesIn(root: string): string[] {
  try {
    return readdirSync(root)
      .filter((name) => name.endsWith(".md") && !name.startsWith("."))
      .sort();
  } catch {
    return [];
  }
}

async function typeOf(file: string, { root, from }: { root: string; from: AgentType["from"] }) {
  const path = `${root}/${file}`;
  try {
    const { values, body, problem } = await readMatter(textOf(path, root), KEYS);
    // tools that are not understood must not become all tools
    if (problem)
      return `${path}:${problem.line}:${problem.column}: ${problem.why}. This type of sub-agent is not used.`;
    const { name, description, tools, model } = values;
    const type: AgentType = {
      name: oneLine(name).replace(/\s/g, "-") || file.slice(0, -".md".length),
      description: oneLine(description) || oneLine(body.split("\n", 1)[0]),
      ...{ from, path, prompt: body },
      ...(tools === undefined ? {} : { tools: listed(tools) }),
      ...(model && { model: model.trim() }),
    };
    return type;
  } catch (error) {
    return `${sentence(error)} This type of sub-agent is not used.`;
  }
}

function listed(tools: string): string[] {
  return tools
    .split(",")
    .map((name) => name.trim().replace(/\(.*$/, ""))
    .filter((name) => name !== "");
}

function oneLine(text: string | undefined): string {
  return (text ?? "")
    .replace(/[\s\p{C}]+/gu, " ")
    .trim()
    .slice(0, 500)
    .toWellFormed();
}
