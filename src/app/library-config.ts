import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { ServerSpec } from "../mcp/types.js";
import type { AgentOptions } from "./agent-options.js";
import { CHECKS, type Config, chosen, homeOf, only, ownKeys, thisMachine, withoutKeys, withProxy } from "./config.js";
import type { Environment, Flags, Machine } from "./input.js";
import { checkOptions } from "./library-checks.js";
import { type Models, modelsOf } from "./models.js";
import { proxiesIn } from "./proxy.js";
import { UsageError } from "./usage-error.js";

/** The options of a program as a configuration. No file is read; of the environment, keys and addresses for a model by name. */
export async function configOf(options: AgentOptions): Promise<Config> {
  checkOptions(options);
  const machine = thisMachine();
  const { env } = machine;
  const home = resolve(options.home ?? homeOf(machine));
  const { rules, secrets = [], permissionMode = "default", memory = false, verify = false } = options;
  const who = await whoAnswers(options, env);
  return {
    ...given(options, ["maxTurns", "maxCost", "maxOutput", "outputSchema", "temperature", "window"]),
    ...who,
    home,
    cwd: workspace(options.cwd ?? machine.cwd),
    mode: permissionMode,
    system: { ...only("instead", options.system), ...only("more", options.appendSystem) },
    ...only("tools", options.builtins),
    shell: env.SHELL || "/bin/sh",
    childEnv: { ...(options.env ?? withoutKeys(env)) },
    userHome: machine.homedir,
    rules: rules ? [{ from: "rules", ...rules }] : [],
    hooks: options.hooks ?? {},
    memory: { enabled: memory !== false, extract: true, inject: true, ...(typeof memory === "object" && memory) },
    verify: { enabled: verify !== false, ...CHECKS, ...(typeof verify === "object" && verify) },
    mcp: {
      specs: await serversOf(options, env),
      asked: [],
      keep: options.session !== undefined,
      proxies: proxiesIn(env),
    },
    instructions: options.instructions ?? false,
    undo: options.checkpoints ?? options.session !== undefined,
    sandbox: sandboxOf(options, machine),
    notices: [],
    keys: [...ownKeys(env, who), ...secrets],
  };
}

/** Who is asked for what: an object for everything, or what a name or a gateway leads to. */
export async function modelsFor({ model, cheapModel }: AgentOptions, config: Config): Promise<Models> {
  const cheap = cheapModel && { cheap: cheapModel };
  if (typeof model !== "object") return { ...(await modelsOf(config, () => undefined)), ...cheap };
  return { modelFor: () => model, named: () => model, ...cheap };
}

async function whoAnswers(options: AgentOptions, all: Environment): Promise<Pick<Config, "choice" | "gateway">> {
  const { model, gateway: listed } = options;
  if (typeof model === "object") return {};
  // what this process asks is what its options say
  const env = { ...all, NANOCODER_GATEWAY_MODELS: undefined };
  const flags: Flags = { ...given(options, ["provider", "baseUrl", "apiKey"]), ...only("model", model) };
  const settings = listed === undefined ? {} : { gateway: listed };
  const { choice, gateway } = await chosen({ flags, env, settings, place: "the options" });
  if (choice === undefined && gateway === undefined)
    throw new UsageError(
      `There is neither a key nor an address for the model "${model}": give apiKey or baseUrl, or set OPENAI_API_KEY or ANTHROPIC_API_KEY.`,
    );
  return { ...(choice && { choice: withProxy(choice, env) }), ...(gateway && { gateway }) };
}

// what reads them is loaded when there are some
async function serversOf(
  { mcpServers = {}, env: set }: AgentOptions,
  env: Environment,
): Promise<readonly ServerSpec[]> {
  if (Object.keys(mcpServers).length === 0) return [];
  return (await import("./library-servers.js")).librarySpecs(mcpServers, set ?? withoutKeys(env));
}

function workspace(folder: string): string {
  const path = resolve(folder);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return realpathSync(path);
  throw new UsageError(`cwd: there is no folder ${path}.`);
}

type Reach = Partial<Omit<Config["sandbox"], "use">>;

function sandboxOf({ sandbox = "never", cwd = "." }: AgentOptions, machine: Machine): Config["sandbox"] {
  const { use, ...reach } = typeof sandbox === "string" ? { use: sandbox } : sandbox;
  const { network = false, write = [], hide = [] }: Reach = reach;
  const path = (each: string) => resolve(machine.cwd, cwd, each.replace(/^~(?=\/|$)/, machine.homedir));
  return { use, network, write: write.map(path), hide: hide.map(path) };
}

type Given<T, K extends keyof T> = { [key in K]?: Exclude<T[key], undefined> };

function given<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Given<T, K> {
  const entries = keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]);
  return Object.fromEntries(entries) as Given<T, K>;
}
