import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEditor } from "../../platform/editor.js";

/** Opens a text in an editor; undefined when that failed. `command` may have arguments. */
export async function inEditor(
  words: string,
  { command, env }: { command: string; env: Record<string, string> },
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "nanocoder-prompt-"));
  const file = join(folder, "prompt.md");
  try {
    writeFileSync(file, words, { mode: 0o600 });
    const code = await openEditor(command, file, env);
    return code === 0 ? readFileSync(file, "utf8").replace(/\r?\n$/, "") : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
