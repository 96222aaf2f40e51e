import { mcpGround } from "../../../app/mcp-servers.js";
import { UsageError } from "../../../app/usage-error.js";
import { logIn } from "../../../mcp/login.js";
import type { ServerView } from "../../../mcp/plugin.js";
import type { RemotePrompt } from "../../../mcp/types.js";
import { visible } from "../../../platform/text.js";
import { counted } from "../../session-text.js";
import type { Desk } from "../desk.js";
import type { Locale } from "../locale.js";
import type { SlashCommand } from "../slash.js";

const WORDS = {
  en: {
    none: "No MCP server is configured. nanocoder mcp add --help shows how.",
    asked: "not started: nobody agreed to it (nanocoder trust)",
    open: "Open this address in a browser on this machine:",
    busy: (name: string) => `connecting to ${name}`,
    states: { "not started": "not started", connecting: "connecting", ready: "ready" },
    tools: (count: number) => `, ${counted(count, "tool")}`,
  },
  zh: {
    none: "没有配置 MCP 服务器。用法见 nanocoder mcp add --help。",
    asked: "未启动：尚未同意（nanocoder trust）",
    open: "请在本机的浏览器中打开这个地址：",
    busy: (name: string) => `正在连接 ${name}`,
    states: { "not started": "未启动", connecting: "正在连接", ready: "就绪" },
    tools: (count: number) => `，${count} 个工具`,
  },
} satisfies Record<Locale, unknown>;

/** The servers of the session: how they stand, and what is done about it. */
export const mcpCommands: readonly SlashCommand[] = [
  {
    name: "mcp",
    usage: "[reconnect NAME | login NAME]",
    about: {
      en: "servers of tools: how each stands; reconnect one, log in to one",
      zh: "工具服务器的状态；重新连接或登录",
    },
    complete: ({ opened }, words) => {
      const names = (opened.mcp?.views() ?? []).map(({ name }) => name);
      const values = /^(reconnect|login)\s/.test(words) ? names : ["reconnect", "login"];
      return values.map((value) => ({ value, label: visible(value) }));
    },
    async run(desk, words) {
      const [verb = "", name = "", ...more] = words.split(/\s+/);
      if (verb === "") return show(desk);
      if (name === "" || more.length > 0 || (verb !== "reconnect" && verb !== "login"))
        throw new UsageError("/mcp takes nothing, or reconnect NAME, or login NAME.");
      if (verb === "login") await login(desk, name);
      await reconnect(desk, name);
    },
  },
];

function show({ ui, locale, opened, config }: Desk): void {
  const words = WORDS[locale];
  const views = opened.mcp?.views() ?? [];
  const asked = config.mcp.asked.map(({ name, whole }) => `· ${name}  ${words.asked}\n    ${whole}`);
  const lines = [...views.map((view) => lineOf(view, locale)), ...asked];
  ui.say({ type: "text", text: visible(lines.length === 0 ? words.none : lines.join("\n")) });
}

function lineOf({ name, shown, standing, told, tools }: ServerView, locale: Locale): string {
  const words = WORDS[locale];
  const mark = standing.state === "ready" ? "✓" : "why" in standing ? "✗" : "·";
  const state = "why" in standing ? told : words.states[standing.state];
  const count = standing.state === "ready" ? words.tools(tools.length) : "";
  return `${mark} ${name}  ${state.replaceAll("\n", "\n    ")}${count}\n    ${shown}`;
}

async function reconnect({ ui, locale, opened, signal }: Desk, name: string): Promise<void> {
  if (opened.mcp === undefined) throw new UsageError(WORDS[locale].none);
  const end = ui.busy(WORDS[locale].busy(visible(name)));
  try {
    ui.say({ type: "text", text: visible(lineOf(await opened.mcp.reconnect(name, signal), locale)) });
  } finally {
    end();
  }
}

async function login({ ui, locale, config, signal }: Desk, name: string): Promise<void> {
  const spec = config.mcp.specs.find((each) => each.name === name);
  if (spec === undefined) throw new UsageError(`There is no MCP server "${name}".`);
  await logIn(spec, mcpGround(config), {
    signal,
    open: (address) => ui.say({ type: "text", text: `${WORDS[locale].open}\n${visible(address.href)}` }),
  });
}

/** The prompts that servers have, as `/server:prompt`. */
export function promptCommands({ opened }: Desk): SlashCommand[] {
  return (opened.mcp?.views() ?? []).flatMap((view) => view.prompts.map((prompt) => commandOf(view, prompt)));
}

function commandOf({ name: server }: ServerView, prompt: RemotePrompt): SlashCommand {
  const about = visible(`${prompt.description.split("\n")[0] ?? ""} (${server})`);
  const usage = prompt.args.map(({ name, required }) => (required ? name : `[${name}]`)).join(" ");
  return {
    name: plain(`${server}:${prompt.name}`),
    usage: visible(usage),
    about: { en: about, zh: about },
    async run(desk, words) {
      const args = argumentsOf(prompt, words);
      const parts = (await desk.opened.mcp?.prompt(server, prompt.name, args)) ?? [];
      if (parts.length === 0) throw new Error(`${server} gave an empty prompt.`);
      desk.post(parts);
    },
  };
}

// what can be typed behind a slash
function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\w:-]/g, "_")
    .replace(/^[^a-z]/, "p$&");
}

// a word each, and the last takes the rest
function argumentsOf({ name, args }: RemotePrompt, words: string): Record<string, string> {
  const given = words.split(/\s+/).filter((word) => word !== "");
  const missing = args.filter(({ required }, at) => required && given[at] === undefined).map((each) => each.name);
  if (missing.length > 0) throw new UsageError(`${name} wants ${missing.join(" and ")}.`);
  const last = args.length - 1;
  return Object.fromEntries(
    args.flatMap((each, at) => {
      const value = at === last ? given.slice(at).join(" ") : (given[at] ?? "");
      return value === "" ? [] : [[each.name, value]];
    }),
  );
}
