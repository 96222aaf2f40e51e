import { resolve } from "node:path";

/** A file or folder that a prompt names by `@path`: as it was written, and where it lies. */
export type Mention = { path: string; target: string };

const MENTION = /(?<![\w.@/-])@(?:"([^"\n]+)"|([^\s"'`<>()[\]{},;，。；、！？：“”‘’（）【】@]+))/gu;

/** The files and folders that words name by `@path` or `@"my path"`, each once; what does not exist is only words. */
export function mentioned(words: string, cwd: string, exists: (path: string) => boolean): Mention[] {
  const found = new Map<string, Mention>();
  for (const [, quoted, bare = ""] of words.matchAll(MENTION)) {
    // a sentence may end behind it
    const spelt = quoted === undefined ? [bare, bare.replace(/[.:!?]+$/, "")] : [quoted];
    const path = spelt.find((each) => each !== "" && exists(resolve(cwd, each)));
    if (path !== undefined) found.set(resolve(cwd, path), { path, target: resolve(cwd, path) });
  }
  return [...found.values()];
}
