import type { Foresight } from "../core/tool.js";
import { realTarget, statOf } from "../platform/files.js";
import { gitFolder } from "../platform/git.js";
import { programsIn, unquietable } from "../platform/git-settings.js";
import { expandGlob } from "../platform/glob-names.js";

/** Where a command would run, and with what. */
export type Place = { cwd: string; root: string; home: string; env: Readonly<Record<string, string | undefined>> };

/** What a command line would do there, told without running it. */
export async function foresee(command: string, place: Place): Promise<Foresight> {
  // loaded with the first command: the parser costs more than the rest of the start
  const { analyse } = await import("../shell/analyse.js");
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
