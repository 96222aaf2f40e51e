import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../core/message.js";
import { makeFolder } from "../platform/files.js";
import { writePrivate } from "../platform/write-whole.js";

/** Of one file, in bytes, and how many are kept: those that were written last. */
const MOST = { size: 4 << 20, files: 64 };

/** What servers offered when they were last asked, a file each, by a key of hexadecimal digits: `mcp-catalogues/` in the user's home, mode 0600. */
export function cataloguesIn(home: string): {
  load(key: string): Json | undefined;
  save(key: string, value: Json): void;
} {
  const folder = join(home, "mcp-catalogues");
  const pathOf = (key: string) => join(folder, `${key}.json`);
  return {
    load: (key) => read(pathOf(key)),
    save(key, value) {
      const text = `${JSON.stringify(value)}\n`;
      try {
        if (Buffer.byteLength(text) > MOST.size) return rmSync(pathOf(key), { force: true });
        makeFolder(home, 0o700);
        makeFolder(folder, 0o700);
        writePrivate(pathOf(key), text);
        prune(folder);
      } catch {
        // without it the tools come a moment later: nothing that a person must know
      }
    },
  };
}

// one that is damaged, or too large, is none
function read(path: string): Json | undefined {
  try {
    if (statSync(path).size > MOST.size) return undefined;
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function prune(folder: string): void {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  if (names.length <= MOST.files) return;
  const dated = names.map((name) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtimeMs }));
  for (const { path } of dated.sort((a, b) => b.at - a.at).slice(MOST.files)) rmSync(path, { force: true });
}
