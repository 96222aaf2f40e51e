import { resolve } from "node:path";
import type { Effect, ToolContext } from "../core/tool.js";
import { realTarget } from "../platform/files.js";

/** The effect of a call on one path: where it really leads, and how it was spelled when a link lies on the way. */
export function pathEffect(kind: "read" | "write", path: string, cwd: string): Effect {
  const target = realTarget(cwd, path);
  return { kind, subjects: [target], ...(resolve(cwd, path) === target ? {} : { via: `${path} leads to ${target}` }) };
}

/** Where a path leads now. Throws when that is not what was let through: a link was swapped in between. */
export function targetOf(path: string, { cwd, judged }: Pick<ToolContext, "cwd" | "judged">): string {
  const target = realTarget(cwd, path);
  if (judged === undefined || judged.subjects.includes(target)) return target;
  throw new Error(`${path} leads elsewhere than when it was let through, to ${target}. Nothing was done.`);
}
