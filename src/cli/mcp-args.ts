import type { Command } from "commander";
import { subcommands } from "./subcommands.js";

export const MCP_COMMANDS = ["list", "test", "add", "remove", "login", "logout"] as const;
export type McpWhat = (typeof MCP_COMMANDS)[number];
export type McpOptions = { scope?: "user" | "project"; env?: string[]; header?: string[]; sse?: boolean };
type Found<F> = { what: McpWhat; flags: F; words: readonly string[] };

const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value];

/** `nanocoder mcp`, with its own flags. */
export function addMcp<F extends object>(program: Command, found: (asked: Found<F>) => void): void {
  const about = "servers of tools (Model Context Protocol): list, test, add, remove, log in";
  const add = subcommands<McpWhat, F>(program, { name: "mcp", about, examples: EXAMPLES }, found);
  const scope = () =>
    program.createOption("--scope <scope>", "your settings, or this project's .mcp.json").choices(["user", "project"]);
  const trust = () => program.createOption("--trust", "trust this folder's servers this once");
  add("list", "the servers that count here, and how each stands", true).argument("[command]").addOption(trust());
  add("test", "connect to one and show its tools").argument("[name]").addOption(trust());
  add("add", "add a server: a command after --, or an address")
    .argument("[name]")
    .argument("[command...]")
    .addOption(scope())
    .addOption(program.createOption("-e, --env <name=value>", "for its process (repeatable)").argParser(collect))
    .addOption(program.createOption("--header <name: value>", "for its address (repeatable)").argParser(collect))
    .addOption(program.createOption("--sse", "the address speaks the older transport"));
  add("remove", "remove one").argument("[name]").addOption(scope());
  add("login", "log in to one that wants it").argument("[name]").addOption(trust());
  add("logout", "forget the login").argument("[name]").addOption(trust());
}

const EXAMPLES = `
Examples:
  nanocoder mcp add files -- npx -y @modelcontextprotocol/server-filesystem .
  nanocoder mcp add tracker https://mcp.example.com/mcp --scope project --header 'X-Team: \${TEAM}'
  nanocoder -p "…" --allow 'mcp__files__*'
`;
