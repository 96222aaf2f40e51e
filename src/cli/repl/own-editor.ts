import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Editing, openEditor } from "../../platform/editor.js";

/** Opens a text in an editor; undefined when that failed. `command` may have arguments. */
export async function inEditor(
  words: string,
  { command, ...how }: { command: string } & Editing,
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "nanocoder-prompt-"));
  const file = join(folder, "prompt.md");
  try {
    writeFileSync(file, words, { mode: 0o600 });
    const code = await openEditor(command, file, how);
    return code === 0 ? readFileSync(file, "utf8").replace(/\r?\n$/, "") : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
