import type { Provider } from "../../../app/endpoint.js";

/** A service that serves models, or an address of the person's own. */
export type Service = {
  name: string;
  /** How it is spoken to. */
  wire: Provider;
  baseUrl: string;
  /** The variable its key is kept in; undefined: it wants none. One that is not the service's own goes to the base URL alone. */
  variable: string | undefined;
  /** The variable tells the address: the base URL need not be kept. */
  implied?: true;
  /** Names to offer where the service does not list its own, the best for work first. */
  models: readonly string[];
  /** How its keys begin, where no other's do. */
  keys?: RegExp;
};

const OURS = "NANOCODER_API_KEY";
const KIMI = ["kimi-k2.6", "kimi-k2.5"];
const QWEN = ["qwen3-coder-plus", "qwen3-coder-flash"];
const GLM = ["glm-4.7", "glm-4.6", "glm-4.5"];

/** The services that can be chosen by name; their addresses are those of their own documentation. */
export const SERVICES: readonly Service[] = [
  {
    name: "OpenAI",
    wire: "openai",
    baseUrl: "https://api.openai.com/v1",
    variable: "OPENAI_API_KEY",
    implied: true,
    models: ["gpt-5", "gpt-5-mini", "gpt-4.1"],
    keys: /^sk-(proj|svcacct)-/,
  },
  {
    name: "Anthropic",
    wire: "anthropic",
    baseUrl: "https://api.anthropic.com",
    variable: "ANTHROPIC_API_KEY",
    implied: true,
    models: ["claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5"],
    keys: /^sk-ant-/,
  },
  {
    name: "DeepSeek",
    wire: "openai",
    baseUrl: "https://api.deepseek.com/v1",
    variable: "DEEPSEEK_API_KEY",
    implied: true,
    models: ["deepseek-flash", "deepseek-chat"],
  },
  { name: "Kimi (Moonshot)", wire: "openai", baseUrl: "https://api.moonshot.cn/v1", variable: OURS, models: KIMI },
  { name: "Kimi (Moonshot)", wire: "openai", baseUrl: "https://api.moonshot.ai/v1", variable: OURS, models: KIMI },
  {
    name: "Qwen (DashScope)",
    wire: "openai",
    baseUrl: "https://dashscope.aliyuncs.com/compatible-mode/v1",
    variable: OURS,
    models: QWEN,
  },
  {
    name: "Qwen (DashScope)",
    wire: "openai",
    baseUrl: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    variable: OURS,
    models: QWEN,
  },
  { name: "GLM (Zhipu)", wire: "openai", baseUrl: "https://open.bigmodel.cn/api/paas/v4", variable: OURS, models: GLM },
  { name: "GLM (Z.ai)", wire: "openai", baseUrl: "https://api.z.ai/api/paas/v4", variable: OURS, models: GLM },
  {
    name: "OpenRouter",
    wire: "openai",
    baseUrl: "https://openrouter.ai/api/v1",
    variable: OURS,
    models: ["anthropic/claude-sonnet-4.5", "openai/gpt-5"],
    keys: /^sk-or-/,
  },
];

/** An Ollama on this machine, by the models it has. */
export function ollama(models: readonly string[]): Service {
  return { name: "Ollama", wire: "openai", baseUrl: "http://localhost:11434/v1", variable: undefined, models };
}

/** Any other OpenAI-compatible address. */
export function elsewhere(baseUrl: string): Service {
  return { name: hostOf(baseUrl), wire: "openai", baseUrl, variable: OURS, models: [] };
}

export function hostOf(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).host : baseUrl;
}

/** A pasted key without what came along: blanks, quotes, `NAME=` before it. Undefined when no key looks so. */
export function keyIn(pasted: string): string | undefined {
  const key = bare(
    bare(pasted)
      .replace(/^(export\s+)?[A-Z][A-Z0-9_]*=/, "")
      .replace(/^Bearer\s+/i, ""),
  );
  return /^[\x21-\x26\x28-\x7e]*$/.test(key) ? key : undefined;
}

function bare(text: string): string {
  return text
    .trim()
    .replace(/^["'`“‘]+|["'`”’]+$/g, "")
    .trim();
}

/** The service that a key plainly belongs to, when it is another than the one it was given for. */
export function ownerOf(key: string, given: Service, services: readonly Service[]): Service | undefined {
  const owner = services.find(({ keys }) => keys?.test(key));
  return owner === given || services.every((each) => each !== given) ? undefined : owner;
}
