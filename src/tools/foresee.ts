import type { Foresight } from "../core/tool.js";
import { realTarget, statOf } from "../platform/files.js";
import { gitFolder } from "../platform/git.js";
import { programsIn, quietGit, unquietable } from "../platform/git-settings.js";
import { expandGlob } from "../platform/glob-names.js";
import { analyse } from "../shell/analyse.js";

/** Where a command would run, and with what. */
export type Place = { cwd: string; root: string; home: string; env: Readonly<Record<string, string | undefined>> };

/** The environment in which git that only reads runs nothing of the repository's. */
export function quietly(folder: string): Record<string, string> {
  return quietGit(folder);
}

/** What a command line would do there, told without running it. */
export async function foresee(command: string, place: Place): Promise<Foresight> {
  return analyse(command, {
    ...place,
    resolve: (path) => attempt(() => realTarget("/", path)) ?? path,
    isFolder: (path) => attempt(() => statOf(path)?.isDirectory()) ?? false,
    expand: expandGlob,
    gitPrograms: (folder) =>
      folder === place.cwd || gitFolder(folder) === gitFolder(place.cwd) ? unquietable(folder) : programsIn(folder),
  });
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
