import { setImmediate as nextTurn } from "node:timers/promises";
import { filesOf } from "../../../tools/glob.js";
import { type Ranked, ranked } from "./rank.js";

/** How long a list of names is taken for true, in milliseconds, and how many names it has at most. */
const FRESH = 5000;
const MOST = 100_000;
/** How many names are made ready at once, so that no key waits for it. */
const PORTION = 5000;

/** The files and folders of a workspace. A list that is old is given while a new one is made. */
export type WorkspaceNames = () => Ranked | Promise<Ranked>;

type Parts = { cwd: string /** The PATH variable. */; path: string | undefined; signal: AbortSignal };

/** Lists what .gitignore does not leave out, in the background; hidden files too, as `.github` is one. */
export function workspaceNames({ cwd, path, signal }: Parts): WorkspaceNames {
  let known: { names: Ranked; at: number } | undefined;
  let coming: Promise<Ranked> | undefined;
  const list = async () => {
    const files = await filesOf({ folder: cwd, path, hidden: true, signal });
    const names = withFolders(files.slice(0, MOST));
    const isSame =
      known?.names.names.length === names.length && names.every((name, n) => name === known?.names.names[n]);
    return known && isSame ? known.names : madeReady(names);
  };
  const refresh = () => {
    coming ??= list()
      .catch(() => known?.names ?? ranked([]))
      .then((names) => {
        known = { names, at: Date.now() };
        coming = undefined;
        return names;
      });
    return coming;
  };
  return () => {
    if (known === undefined || Date.now() - known.at > FRESH) void refresh();
    return known?.names ?? refresh();
  };
}

async function madeReady(names: readonly string[]): Promise<Ranked> {
  const lower: string[] = [];
  const bases: number[] = [];
  for (let from = 0; from < names.length; from += PORTION) {
    const portion = ranked(names.slice(from, from + PORTION));
    lower.push(...portion.lower);
    bases.push(...portion.bases);
    await nextTurn();
  }
  return { names, lower, bases };
}

/** Files with the folders that they lie in, which end in a slash. */
export function withFolders(files: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const file of files) {
    let at = file.lastIndexOf("/");
    while (at > 0 && !folders.has(file.slice(0, at + 1))) {
      folders.add(file.slice(0, at + 1));
      at = file.lastIndexOf("/", at - 1);
    }
  }
  return [...folders, ...files];
}
