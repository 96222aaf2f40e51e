import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Editing, openEditor } from "../../platform/editor.js";
import type { Locale } from "./locale.js";

const WORDS: Record<Locale, { none: string; failed: string }> = {
  en: {
    none: "No editor is set: export EDITOR=…",
    failed: "The editor ended with a failure: the prompt is as it was.",
  },
  zh: { none: "没有设置编辑器：export EDITOR=…", failed: "编辑器异常退出：提示词保持原样。" },
};

type Parts = {
  /** How it is called, arguments included; undefined where none is set. */
  command: string | undefined;
  env: Record<string, string>;
  locale: Locale;
  /** Hands it the terminal. */
  lend<T>(work: () => Promise<T>): Promise<T>;
  /** Told why a text comes back as it was. */
  failed(why: string): void;
};

/** The person's own editor. */
export type OwnEditor = {
  /** It has the terminal now. */
  readonly open: boolean;
  /** A text as it was left there; undefined when that failed, or there is none. */
  edit(words: string): Promise<string | undefined>;
  /** Closes it; what was written there is lost. */
  end(): Promise<void>;
};

export function ownEditor({ command, env, locale, lend, failed }: Parts): OwnEditor {
  const words = WORDS[locale];
  let lent: { ended: Promise<unknown>; stop: AbortController } | undefined;
  return {
    get open() {
      return lent !== undefined;
    },
    async edit(text) {
      if (!command?.trim()) return void failed(words.none);
      const stop = new AbortController();
      const ended = lend(() => inEditor(text, { command, env, signal: stop.signal }));
      lent = { ended, stop };
      const after = await ended.finally(() => {
        lent = undefined;
      });
      if (after === undefined) failed(words.failed);
      return after;
    },
    async end() {
      lent?.stop.abort();
      await lent?.ended.catch(() => undefined);
    },
  };
}

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
