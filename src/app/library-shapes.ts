import { nearest } from "../platform/text.js";
import type { AgentOptions, MemoryOptions, SandboxOptions } from "./agent-options.js";
import type { NamesOf } from "./option-names.js";
import { UsageError } from "./usage-error.js";

type Name = NamesOf<AgentOptions>;
type Shape = { says: string; fits: (value: unknown) => boolean };

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isSwitch = (value: unknown) => typeof value === "boolean";
const isTextMap = (value: unknown) => isObject(value) && Object.values(value).every((each) => isText(each ?? ""));

const text: Shape = { says: "a text", fits: isText };
const texts: Shape = { says: "a list of texts", fits: isTexts };
const isRule = (value: unknown) => isText(value) || (isObject(value) && "rule" in value && isText(value.rule));
const rules: Shape = {
  says: 'a list of rules, such as ["bash(npm test *)"]',
  fits: (value) => Array.isArray(value) && value.every(isRule),
};
const list: Shape = { says: "a list", fits: Array.isArray };
const act: Shape = { says: "a function", fits: (value) => typeof value === "function" };
const object: Shape = { says: "an object", fits: isObject };
const aSwitch: Shape = { says: "true or false", fits: isSwitch };
const switchOrObject: Shape = {
  says: "true, false or an object",
  fits: (value) => isSwitch(value) || isObject(value),
};
const USES = ["never", "default", "always"];
const use: Shape = { says: USES.join(", "), fits: (value) => isText(value) && USES.includes(value) };
const sandbox: Shape = {
  says: `${use.says}, or an object with use`,
  fits: (value) => use.fits(value) || (isObject(value) && "use" in value),
};
const log: Shape = {
  says: "a Log, or the path of a file",
  fits: (value) => isText(value) || (isObject(value) && "events" in value && Array.isArray(value.events)),
};
const heat: Shape = { says: "a number", fits: Number.isFinite };
const tokens: Shape = { says: "a whole number above 0", fits: (value) => Number.isInteger(value) && Number(value) > 0 };
const provider: Shape = {
  says: '"openai" or "anthropic"',
  fits: (value) => value === "openai" || value === "anthropic",
};
const map: Shape = { says: "an object of texts", fits: isTextMap };

const SHAPES: Partial<Record<Name, Shape>> = {
  ...{ provider, baseUrl: text, apiKey: text, temperature: heat, window: tokens, gateway: object, cheapModel: object },
  ...{ log, session: object, cwd: text, home: text, env: map, secrets: texts, notice: act },
  ...{ rules: object, ask: act, remember: act, sandbox },
  ...{ tools: list, builtins: texts, plugins: list, hooks: object, mcpServers: object },
  ...{ instructions: aSwitch, memory: switchOrObject, verify: switchOrObject, checkpoints: aSwitch },
  ...{ system: text, appendSystem: text, outputSchema: object },
};

type Shapes<T> = Readonly<Record<keyof T, Shape>>;
const RULES: Shapes<NonNullable<AgentOptions["rules"]>> = { allow: rules, ask: rules, deny: rules };
const SESSION: Shapes<NonNullable<AgentOptions["session"]>> = { resume: text, fork: aSwitch };
const SANDBOX: Shapes<SandboxOptions> = { use, network: aSwitch, write: texts, hide: texts };
const MEMORY: Shapes<MemoryOptions> = { extract: aSwitch, inject: aSwitch };

/** Throws for an option of the wrong type, and for a word within one that nobody would hear: `rules: { dny }` would let things through. */
export function checkShapes(options: AgentOptions): void {
  check("", options, SHAPES);
  for (const [name, shapes] of Object.entries({ rules: RULES, session: SESSION, sandbox: SANDBOX, memory: MEMORY }))
    within(name, Object.entries(options).find(([key]) => key === name)?.[1], shapes);
}

function within(name: string, value: unknown, shapes: Readonly<Record<string, Shape>>): void {
  if (!isObject(value)) return;
  const names = Object.keys(shapes);
  const unknown = Object.keys(value).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    const [near] = nearest(unknown, names);
    const hint = near === undefined ? `There are ${names.join(", ")}.` : `Did you mean "${near}"?`;
    throw new UsageError(`${name}: there is no "${unknown}" in it. ${hint}`);
  }
  check(`${name}.`, value, shapes);
}

function check(before: string, values: object, shapes: Readonly<Record<string, Shape | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    const shape = shapes[name];
    if (value === undefined || shape === undefined || shape.fits(value)) continue;
    throw new UsageError(`${before}${name} wants ${shape.says}, not ${shown(name, value)}.`);
  }
}

// a key is not said
function shown(name: string, value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (isText(value)) return name === "secrets" || name === "apiKey" ? "a text" : JSON.stringify(value.slice(0, 80));
  return Array.isArray(value)
    ? "a list of something else"
    : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}
