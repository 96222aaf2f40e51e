import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../core/message.js";
import { makeFolder } from "../platform/files.js";
import { writePrivate } from "../platform/write-whole.js";

/** What logins to servers gave, by the server's address: `mcp-tokens.json` in the user's home, mode 0600. */
export function tokensIn(home: string): {
  load(address: string): Json | undefined;
  save(address: string, value: Json | undefined): void;
} {
  const path = join(home, "mcp-tokens.json");
  return {
    load: (address) => read(path)[address],
    save(address, value) {
      const { [address]: _, ...rest } = read(path);
      makeFolder(home, 0o700);
      writePrivate(path, `${JSON.stringify(value === undefined ? rest : { ...rest, [address]: value }, null, 2)}\n`);
    },
  };
}

// one that is damaged knows nobody: a login writes it anew
function read(path: string): { [address: string]: Json } {
  try {
    const value: Json = JSON.parse(readFileSync(path, "utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}
