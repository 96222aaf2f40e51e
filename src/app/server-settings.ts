/**
 * An MCP server as `mcpServers` in settings.json or .mcp.json has it: a command to start, or an address.
 *
 * @example
 * const servers: Record<string, ServerSettings> = {
 *   files: { command: "npx", args: ["-y", "@modelcontextprotocol/server-filesystem", "."] },
 *   tracker: { url: "https://example.com/mcp", headers: { Authorization: "Bearer …" } },
 * };
 */
export type ServerSettings = {
  /** What the command or the address says when absent: a command is `stdio`, an address `http`. `sse` is the older way. */
  type?: "stdio" | "http" | "sse" | "streamable-http";
  /** The program to start; what it needs of the environment is to be named in `env`. */
  command?: string;
  /** Its arguments, one by one. */
  args?: string[];
  /** Variables that the program gets. `${NAME}` and `${NAME:-instead}` are filled in. */
  env?: Record<string, string>;
  /** Where it is reached. */
  url?: string;
  /** What is sent with each request to it; filled in as `env` is. */
  headers?: Record<string, string>;
  /** Of one call, in milliseconds. */
  timeout?: number;
};
