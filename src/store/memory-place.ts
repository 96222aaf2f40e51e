import { existsSync } from "node:fs";
import { join } from "node:path";
import { slug } from "./sessions.js";

/** Whose memories are meant: those of a home that count in every folder, and those of one workspace. */
export type MemoryPlace = { home: string; cwd: string };

export const SCOPES = ["project", "global"] as const;
export type MemoryScope = (typeof SCOPES)[number];

/** Where memories are kept. Two workspaces may share a file: each record names its own. */
export function memoryPath({ home, cwd }: MemoryPlace, scope: MemoryScope): string {
  return join(home, "memory", `${scope === "global" ? scope : slug(cwd)}.json`);
}

/** Whether there may be any; it only looks for the files. */
export function hasMemories(place: MemoryPlace): boolean {
  return SCOPES.some((scope) => existsSync(memoryPath(place, scope)));
}
