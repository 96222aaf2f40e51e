import type { Tool } from "../core/tool.js";
import { nearest } from "../platform/text.js";
import { MODES } from "../plugins/permission.js";
import { type AgentOptions, BUILTINS } from "./agent-options.js";
import { checkShapes } from "./library-shapes.js";
import { UsageError } from "./usage-error.js";

const REMEMBERING: readonly string[] = ["remember", "recall", "forget"];

/** Throws a sentence for options that cannot be. Types say the same; not every program has them. */
export function checkOptions(options: AgentOptions): void {
  checkShapes(options);
  const { model, gateway, log, session, permissionMode: mode } = options;
  const hasModel = (typeof model === "string" && model !== "") || typeof model === "object";
  if (!hasModel && gateway === undefined)
    throw new UsageError(
      'createAgent wants a model: openai({ … }), anthropic({ … }), a name such as "gpt-5", or a gateway.',
    );
  if (log !== undefined && session !== undefined)
    throw new UsageError("Give a log or a session: a session has a log of its own.");
  if (mode !== undefined && !MODES.includes(mode))
    throw new UsageError(`permissionMode "${mode}": choose ${MODES.join(", ")}.`);
  checkTools(options);
  checkObjects(options);
  checkOwnTools(options);
  for (const name of ["maxTurns", "maxOutput"] as const) number(name, options[name], Number.isInteger);
  number("maxCost", options.maxCost, Number.isFinite);
}

function checkTools({ builtins = [], memory }: AgentOptions): void {
  const known: readonly string[] = BUILTINS;
  const unknown = builtins.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const [near] = nearest(unknown, known);
    const hint = near === undefined ? `There are ${known.join(", ")}.` : `Did you mean "${near}"?`;
    throw new UsageError(`builtins: there is no tool "${unknown}". ${hint}`);
  }
  const remembering = memory ? undefined : builtins.find((name) => REMEMBERING.includes(name));
  if (remembering !== undefined)
    throw new UsageError(`builtins: ${remembering} is there where memory is on: give memory: true.`);
}

// what is no tool, plugin or model is told before it is used
function checkObjects({ model, cheapModel, plugins = [] }: AgentOptions): void {
  for (const [name, each] of Object.entries({ model, cheapModel }))
    if (typeof each === "object" && (typeof each.id !== "string" || typeof each.stream !== "function"))
      throw new UsageError(
        `${name} wants an object with id, window and stream: openai({ … }), anthropic({ … }) or your own.`,
      );
  for (const [at, plugin] of plugins.entries())
    if (typeof plugin !== "object" || typeof plugin?.name !== "string")
      throw new UsageError(
        `plugins[${at}] wants an object with a name and moments, such as { name: "mine", beforeStop }.`,
      );
}

function checkOwnTools({ tools = [], builtins = BUILTINS, memory, instructions }: AgentOptions): void {
  const absent = [...(memory ? [] : REMEMBERING), ...(instructions ? [] : ["load_skill"])];
  const taken: string[] = builtins.filter((name) => !absent.includes(name));
  for (const [at, tool] of tools.entries()) {
    if (!isTool(tool)) throw new UsageError(`tools[${at}] is no tool: make it with defineTool.`);
    if (taken.includes(tool.name))
      throw new UsageError(
        `tools[${at}]: there is a tool "${tool.name}" already. Give yours another name, or leave that one out of builtins.`,
      );
    taken.push(tool.name);
  }
}

function isTool(tool: Partial<Tool> | undefined): boolean {
  const { name, run, effect, input } = tool ?? {};
  const acts = typeof run === "function" && typeof effect === "function";
  return acts && typeof name === "string" && typeof input?.parse === "function";
}

function number(name: string, value: number | undefined, fits: (value: number) => boolean): void {
  if (value === undefined || (fits(value) && value > 0)) return;
  throw new UsageError(`${name} wants a ${name === "maxCost" ? "number" : "whole number"} above 0, not ${value}.`);
}
