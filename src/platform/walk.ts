import { readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Ignore } from "ignore";

/**
 * The files under a folder that no .gitignore of it leaves out, as paths relative to it with `/`, sorted.
 * `.git` and `node_modules` are never entered; hidden files only when `hidden`.
 */
export async function filesUnder(
  folder: string,
  { hidden, signal }: { hidden: boolean; signal: AbortSignal },
): Promise<string[]> {
  const [{ glob }, { default: ignore }] = await Promise.all([import("tinyglobby"), import("ignore")]);
  const found = await glob("**", {
    cwd: folder,
    dot: true,
    followSymbolicLinks: false,
    signal,
    ignore: ["**/.git/**", "**/node_modules/**"],
  });
  const rules = found.filter((path) => path === ".gitignore" || path.endsWith("/.gitignore"));
  const filters = rules.map((path) => ({
    root: path.slice(0, -".gitignore".length),
    rules: ignore().add(slurp(join(folder, path))),
  }));
  const isHidden = (path: string) => path.split("/").some((name) => name.startsWith("."));
  return found.filter((path) => (hidden || !isHidden(path)) && !isIgnored(path, filters)).sort(byCode);
}

type Filter = { root: string; rules: Ignore };

// the rules nearest to a file count
function isIgnored(path: string, filters: readonly Filter[]): boolean {
  const near = filters.filter(({ root }) => path.startsWith(root)).sort((a, b) => b.root.length - a.root.length);
  for (const { root, rules } of near) {
    const { ignored, unignored } = rules.test(path.slice(root.length));
    if (ignored || unignored) return ignored;
  }
  return false;
}

function slurp(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The order of code points, as ripgrep sorts. */
export function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A path as it is told to a person: from the user's home folder where it lies inside. */
export function fromHome(home: string, path: string): string {
  return path === home || path.startsWith(`${home}${sep}`) ? `~${path.slice(home.length)}` : path;
}

/** A path as it is told: relative to the workspace where it lies inside. */
export function shownPath(cwd: string, path: string): string {
  const inside = relative(cwd, path);
  return inside === "" || inside.startsWith(`..${sep}`) || inside === ".." ? path : inside;
}
