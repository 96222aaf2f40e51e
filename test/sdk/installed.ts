import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

const cache = mkdtempSync(join(tmpdir(), "npm-"));
const npm = (args: readonly string[], cwd: string) =>
  execFileSync("npm", [...args, "--offline", "--no-audit", "--no-fund", "--cache", cache], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

/** A folder in which the packed package is installed, and nothing else; what it was built from is not there. */
export function installed(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "installed-")));
  npm(["pack", "--ignore-scripts", "--pack-destination", folder], ROOT);
  const [tarball = ""] = readdirSync(folder);
  npm(["init", "-y"], folder);
  npm(["install", join(folder, tarball)], folder);
  return folder;
}

/** What a compiler says of files in a folder, line by line; declarations of Node are those of this project. */
export function compiled(folder: string, files: readonly string[]): string[] {
  const types = join(folder, "node_modules/@types");
  mkdirSync(types, { recursive: true });
  for (const name of ["@types/node", "undici-types", "zod"]) {
    const at = join(folder, "node_modules", name);
    if (!existsSync(at)) symlinkSync(join(ROOT, "node_modules", name), at);
  }
  const flags = [
    "--noEmit",
    "--strict",
    "--pretty",
    "false",
    "--target",
    "es2023",
    "--lib",
    "es2023,esnext.disposable",
  ];
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  try {
    execFileSync(process.execPath, [compiler, ...flags, "--module", "nodenext", "--types", "node", ...files], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return [];
  } catch (error) {
    if (!(error instanceof Error && "stdout" in error)) throw error;
    return String(error.stdout).trimEnd().split("\n");
  }
}

/** Copies a file or folder of the project to the top of another folder. */
export function brought(path: string, folder: string): void {
  cpSync(join(ROOT, path), folder, { recursive: true });
}
