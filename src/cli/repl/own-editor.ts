import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Editing, openEditor } from "../../platform/editor.js";
import type { Screen } from "./port.js";

// undefined when that failed
async function inEditor(
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

/** A person's editor on a screen that is lent to it. */
export type Lending = {
  edit(words: string): Promise<string | undefined>;
  /** Whether an editor has the terminal. */
  readonly lent: boolean;
  /** Ends the editor, and waits until the terminal is ours. */
  end(): Promise<void>;
};

type Parts = {
  screen: Pick<Screen, "lend">;
  editor: string | undefined;
  env: Record<string, string>;
  /** Nothing came of it, and why. */
  failed(why: "noEditor" | "failed"): void;
};

export function lending({ screen, editor, env, failed }: Parts): Lending {
  let lent: { work: Promise<unknown>; end: AbortController } | undefined;
  const open = async (words: string, command: string) => {
    const end = new AbortController();
    const work = screen.lend(() => inEditor(words, { command, env, signal: end.signal }));
    lent = { work, end };
    try {
      return await work;
    } finally {
      lent = undefined;
    }
  };
  return {
    get lent() {
      return lent !== undefined;
    },
    async edit(words) {
      const after = editor?.trim() ? await open(words, editor) : undefined;
      if (after === undefined) failed(editor?.trim() ? "failed" : "noEditor");
      return after;
    },
    async end() {
      lent?.end.abort();
      await lent?.work.catch(() => undefined);
    },
  };
}
