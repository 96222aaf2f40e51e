import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Names that a glob is followed through; more cannot be told. */
const MOST = 2000;

/** The paths that bash would make of a glob below a folder; undefined when there are too many to look at. */
export function expandGlob(folder: string, glob: string): string[] | undefined {
  if (/\[[[:.=]|\\/.test(glob) || glob.includes("**")) return undefined;
  let paths = [folder];
  for (const segment of glob.split("/").filter((part) => part !== "")) {
    const plain = !/[*?[]/.test(segment);
    paths = plain ? paths.map((path) => join(path, segment)) : paths.flatMap((path) => matching(path, segment));
    if (paths.length > MOST) return undefined;
  }
  return paths;
}

function matching(folder: string, segment: string): string[] {
  const pattern = expression(segment);
  return names(folder)
    .filter((name) => pattern.test(name) && (segment.startsWith(".") || !name.startsWith(".")))
    .map((name) => join(folder, name));
}

function names(folder: string): string[] {
  try {
    return [".", "..", ...readdirSync(folder)];
  } catch {
    return [];
  }
}

function expression(segment: string): RegExp {
  const source = segment.replace(/\[!?[^\]]*\]|[\s\S]/g, (piece) => {
    if (piece === "*") return "[\\s\\S]*";
    if (piece === "?") return "[\\s\\S]";
    if (piece.length > 1) return `[${piece.slice(1, -1).replace(/^!/, "^").replace(/[\\[]/g, "\\$&")}]`;
    return piece.replace(/[.+^${}()|\\[\]]/g, "\\$&");
  });
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /^/;
  }
}
