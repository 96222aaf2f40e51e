import { posix } from "node:path";
import { quoted } from "./verify-command.js";

/** What is known of a project: its files, and their texts, by paths relative to the workspace; `isNew`: the run made it. */
export type Project = {
  files: readonly string[];
  read(path: string): string | undefined;
  has(path: string): boolean;
  isNew(path: string): boolean;
};

/** A command that checks the project, `fresh` where it runs new tests alone; `why` it cannot be made. */
export type Made = { check: string; command: string; fresh?: boolean } | { check: string; why: string };

/** At most so many test files are run. */
const MOST = 8;

const { basename, dirname, extname, join } = posix;

/** The commands that run the tests nearest to some changed files, found by name. */
export function testsNear(changed: readonly string[], project: Project): Made[] {
  const files = new Set(changed.flatMap((path) => testFilesOf(path, project)).slice(0, MOST));
  const byRunner = new Map<string, { words: string; of: string[]; fresh: boolean }>();
  const notes: Made[] = [];
  for (const file of files) {
    const runner = runnerOf(file, project);
    if (runner === undefined) continue;
    if ("why" in runner) notes.push({ check: `tests in ${file}`, why: runner.why });
    else {
      const fresh = project.isNew(file);
      const key = `${runner.words} ${fresh}`;
      const { of } = byRunner.get(key) ?? { of: [] };
      byRunner.set(key, { words: runner.words, of: [...of, runner.file], fresh });
    }
  }
  const tests = [...byRunner.values()].map(({ words, of, fresh }) => {
    const command = `${words} ${of.map(quoted).join(" ")}`;
    return { check: command, command, fresh };
  });
  return [...notes, ...tests, ...packagesOf(changed, project).map((command) => ({ check: command, command }))];
}

const CODE = /\.([cm]?[jt]sx?|py)$/;

function testFilesOf(path: string, { files }: Project): string[] {
  if (!CODE.test(path)) return [];
  if (isTest(path)) return files.includes(path) ? [path] : [];
  const stem = basename(path, extname(path));
  const kind = extname(path) === ".py";
  const found = files.filter((file) => (extname(file) === ".py") === kind && isTest(file) && testStem(file) === stem);
  const near = found.sort((a, b) => shared(b, path) - shared(a, path));
  return near.slice(0, 3);
}

function isTest(path: string): boolean {
  const name = basename(path);
  if (/\.py$/.test(name)) return /^test_.+\.py$|.+_test\.py$/.test(name);
  return /^.+[._-](test|spec)\.[cm]?[jt]sx?$|^test-.+\.[cm]?[jt]s$/.test(name) || isIn(path, "__tests__", name);
}

function isIn(path: string, folder: string, name: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(name) && path.split("/").includes(folder);
}

function testStem(path: string): string {
  const name = basename(path, extname(path));
  return name.replace(/[._-](test|spec)$/, "").replace(/^test[-_]/, "");
}

// how many folders two paths have in common
function shared(a: string, b: string): number {
  const other = b.split("/");
  return a.split("/").findIndex((part, at) => part !== other[at]);
}

type Runner = { words: string; file: string } | { why: string };

function runnerOf(file: string, project: Project): Runner | undefined {
  return extname(file) === ".py" ? pythonRunner(file, project) : scriptRunner(file, project);
}

function pythonRunner(file: string, { read, has }: Project): Runner {
  const python = has(".venv/bin/python") ? "./.venv/bin/python" : "python3";
  const text = read(file) ?? "";
  const plain = /\bunittest\b/.test(text) && !/\bpytest\b/.test(text) && !has("conftest.py");
  return { words: plain ? `${python} -m unittest` : `${python} -m pytest -q --tb=short -p no:cacheprovider`, file };
}

const RUNNERS: Readonly<Record<string, string>> = {
  vitest: "vitest run",
  jest: "jest --ci --runTestsByPath",
  mocha: "mocha",
};

function scriptRunner(file: string, project: Project): Runner | undefined {
  const folder = upTo(dirname(file), (at) => project.has(join(at, "package.json")));
  const about = folder === undefined ? {} : packageOf(project.read(join(folder, "package.json")));
  const text = project.read(file) ?? "";
  if (/["']node:test["']/.test(text)) {
    return /\.[cm]?js$/.test(file) ? { words: "node --test", file } : { why: "node alone cannot run it" };
  }
  const name = Object.keys(RUNNERS).find((each) => about.uses?.includes(each));
  if (name === undefined || folder === undefined) return { why: "its runner is not known" };
  const bin = upTo(folder, (at) => project.has(join(at, "node_modules/.bin", name)));
  if (bin === undefined) return { why: `${name} is not installed` };
  const program = join(posix.relative(folder, bin) || ".", "node_modules/.bin", RUNNERS[name] ?? name);
  const move = folder === "." ? "" : `cd ${quoted(folder)} && `;
  return { words: `${move}${program.startsWith(".") ? program : `./${program}`}`, file: posix.relative(folder, file) };
}

// the nearest folder from here up to the workspace
function upTo(from: string, fits: (folder: string) => boolean): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    if (fits(at)) return at;
    if (at === "." || at === "/") return undefined;
  }
}

type Package = { uses?: string[]; lint?: string };

function packageOf(text: string | undefined): Package {
  const { dependencies, devDependencies, scripts } = objectIn(text);
  const test = String(field(scripts, "test") ?? "");
  const lint = field(scripts, "lint");
  const uses = [...keys(dependencies), ...keys(devDependencies), ...test.split(/[\s/]+/)];
  return { uses, ...(typeof lint === "string" && { lint }) };
}

function objectIn(text = "{}"): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function keys(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

// whole packages, where the tests of one file cannot be named
function packagesOf(changed: readonly string[], { has }: Project): string[] {
  const commands = changed.flatMap((path) => {
    if (path.endsWith(".go")) return [`go test ./${dirname(path)}`];
    const folder = path.endsWith(".rs") ? upTo(dirname(path), (at) => has(join(at, "Cargo.toml"))) : undefined;
    return folder === undefined
      ? []
      : [`cargo test --quiet --offline --manifest-path ${quoted(join(folder, "Cargo.toml"))}`];
  });
  return [...new Set(commands)].slice(0, 3);
}

/** The command that lints the changed files, or else the project by its own script, unless that would change files. */
export function lintOf(changed: readonly string[], project: Project): Made[] {
  const { has, read } = project;
  const made: Made[] = [];
  const scripts = changed.filter((path) => /\.[cm]?[jt]sx?$/.test(path));
  const python = changed.filter((path) => path.endsWith(".py"));
  const { lint } = packageOf(read("package.json"));
  if (scripts.length > 0) made.push(...scriptLint(scripts, project, lint));
  if (
    python.length > 0 &&
    (has("ruff.toml") || has(".ruff.toml") || /^\[tool\.ruff/m.test(read("pyproject.toml") ?? ""))
  ) {
    const command = `ruff check --no-fix --no-cache --output-format concise ${python.map(quoted).join(" ")}`;
    made.push({ check: command, command });
  }
  return made;
}

function scriptLint(changed: readonly string[], { files, has }: Project, lint: string | undefined): Made[] {
  const eslint = files.some((file) => /^(eslint\.config\.[cm]?[jt]s|\.eslintrc(\.\w+)?)$/.test(file));
  const biome = files.some((file) => /^biome\.jsonc?$/.test(file));
  const of = changed.map(quoted).join(" ");
  const direct = (name: string, rest: string) => {
    const command = `./node_modules/.bin/${name} ${rest} ${of}`;
    return has(`node_modules/.bin/${name}`)
      ? [{ check: command, command }]
      : [{ check: name, why: `${name} is not installed` }];
  };
  if (eslint) return direct("eslint", "--no-warn-ignored");
  if (biome) return direct("biome", "lint --no-errors-on-unmatched");
  if (lint === undefined || /--?(fix|write|apply)\b/.test(lint)) return [];
  return [{ check: "npm run lint", command: "npm run --silent lint" }];
}
