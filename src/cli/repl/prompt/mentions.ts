import { resolve } from "node:path";

/** A file or folder that a prompt names by `@path`: as it was written, and where it lies. */
export type Mention = { path: string; target: string };

// what ends a path that stands without quotes
const ENDS = "\\s\"'`<>()[\\]{},;，。；、！？：“”‘’（）【】";
const MENTION = new RegExp(`(?<![\\w.@/-])@(?:"([^"\\n]+)"|([^${ENDS}@]+))`, "gu");
const QUOTED = new RegExp(`[${ENDS}]`, "u");

/** How a file is named in a prompt. A folder is left open, so that its files can be named. */
export function mentionOf(path: string): string {
  const isFolder = path.endsWith("/");
  if (!QUOTED.test(path)) return `@${path}${isFolder ? "" : " "}`;
  return `@"${path}${isFolder ? "" : '" '}`;
}

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
