import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { judge } from "../../src/plugins/permission.js";
import { analyse } from "../../src/shell/analyse.js";
import type { Where } from "../../src/shell/types.js";

const HOME = "/home/ada";
const ROOT = "/home/ada/work/app";
const FOLDERS = new Set([
  "/",
  HOME,
  `${HOME}/work`,
  ROOT,
  `${ROOT}/src`,
  `${ROOT}/docs`,
  `${ROOT}/.nanocoder`,
  "/tmp",
  "/etc",
  "/dev",
  "/usr",
]);

const where: Where = {
  cwd: ROOT,
  root: ROOT,
  home: HOME,
  env: { HOME, PATH: "/usr/bin:/bin", USER: "ada", LANG: "C.UTF-8" },
  resolve: (path) => posix.normalize(path),
  isFolder: (path) => FOLDERS.has(path),
};

const options = {
  root: ROOT,
  home: HOME,
  own: `${HOME}/.nanocoder`,
  readable: [],
  writable: [],
  rules: { allow: [], ask: [], deny: [] },
};

function verdictOf(command: string): string {
  const foresight = analyse(command, where);
  const kind = foresight.verdict === "read-only" ? "read" : "run";
  const effect = { kind, subjects: kind === "read" ? foresight.reads : [command], foresight } as const;
  return judge({ subject: { tool: "bash", effect }, options, mode: "default", sandbox: false }).verdict;
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", "\\": "\\" };
const lines = readFileSync(join(import.meta.dirname, "corpus.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [verdict = "", source = "", command = ""] = line.split("\t");
    return { verdict, source, command: command.replace(/\\([nt\\])/g, (_, sign: string) => ESCAPES[sign] ?? sign) };
  });

describe("the verdict on a command line, without a sandbox", () => {
  it.each(lines)("$verdict ($source): $command", ({ verdict, command }) => {
    expect(verdictOf(command)).toBe(verdict);
  });
});
