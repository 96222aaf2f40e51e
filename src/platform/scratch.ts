import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A folder for a few files that others are to read, and the end of it. */
export type Scratch = { folder: string; put(name: string, text: string): string; remove(): void };

/** Makes one among the temporary folders that every sandbox shows. */
export function scratch(): Scratch {
  const folder = mkdtempSync("/tmp/nanocoder-check-");
  return {
    folder,
    put(name, text) {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
