import { dirname, isAbsolute, join, resolve } from "node:path";
import { filesIn, textOf } from "../store/program-files.js";

/** A program call: its words, and the folder it starts in as far as that can be told. */
export type Words = { name: string; args: readonly string[]; cwd: string };

/** What a call reads of the project to know what to do: files, entries of a package.json, and lines it runs next. */
export type Reached = {
  files: string[];
  entries: { file: string; name: string }[];
  lines: string[];
  /** A folder whose programs come before those of PATH in these lines. */
  first?: string;
};

const INTERPRETERS =
  /^(sh|bash|zsh|dash|ksh|ash|source|\.|python[\d.]*|node|nodejs|deno|bun|tsx|ts-node|perl|ruby|php|lua|Rscript|pwsh)$/;
const SHELL = /^(sh|bash|zsh|dash|ksh|ash|source|\.)$/;
const MANAGERS = /^(npm|pnpm|yarn|bun)$/;

/** Files by which tools are told what to do, by the tool's name; each is looked for where the tool starts. */
const SETTINGS: readonly [tool: RegExp, file: RegExp][] = [
  [/^(npm|pnpm|yarn|bun|npx|pnpx|bunx)$/, /^(\.npmrc|\.yarnrc(\.yml)?|bunfig\.toml|pnpm-workspace\.yaml)$/],
  [/^vitest$/, /^(vitest|vite)\.(config|workspace)\.[cm]?[jt]s$/],
  [/^jest$/, /^jest\.(config|setup)\.([cm]?[jt]s|json)$|^babel\.config\.\w+$/],
  [/^mocha$/, /^\.mocharc\.\w+$/],
  [/^playwright$/, /^playwright\.config\.[cm]?[jt]s$/],
  [/^(tsc|tsx|ts-node)$/, /^tsconfig[\w.]*\.json$/],
  [/^eslint$/, /^(eslint\.config\.[cm]?[jt]s|\.eslintrc(\.\w+)?|\.eslintignore)$/],
  [/^biome$/, /^biome\.jsonc?$/],
  [
    /^(pytest|py\.test|tox|nox|python[\d.]*|uv|poetry)$/,
    /^(conftest\.py|pytest\.ini|\.pytest\.ini|pyproject\.toml|setup\.cfg|tox\.ini|noxfile\.py|sitecustomize\.py)$/,
  ],
  [/^(ruff|mypy|flake8|black)$/, /^(\.?ruff\.toml|pyproject\.toml|mypy\.ini|\.flake8|setup\.cfg)$/],
  [/^cargo$/, /^(Cargo\.toml|build\.rs|rust-toolchain(\.toml)?)$/],
  [/^go$/, /^go\.(mod|work)$/],
  [/^g?make$/, /^(GNUmakefile|[Mm]akefile)$/],
  [/^just$/, /^\.?[Jj]ustfile$/],
  [/^task$/, /^[Tt]askfile\.ya?ml$/],
  [/^(rake|bundle|rspec)$/, /^(Rakefile|\.rspec|Gemfile)$/],
  [/^(gradle|gradlew)$/, /^(build|settings)\.gradle(\.kts)?$/],
  [/^(mvn|mvnw)$/, /^pom\.xml$/],
  [/^deno$/, /^deno\.jsonc?$/],
  [/^(phpunit|composer)$/, /^(phpunit\.xml(\.dist)?|composer\.json)$/],
];

/** What test runners take as their tests, named on the line. */
const RUNNERS = /^(pytest|py\.test|vitest|jest|mocha|ava|tap|rspec|phpunit|bats|shellcheck|prove|unittest)$/;

/** What one call reaches in the project. */
export function reached({ name, args, cwd }: Words): Reached {
  const base = name.slice(name.lastIndexOf("/") + 1);
  const plain = args.filter((arg) => !arg.startsWith("-") && !arg.includes("…"));
  const files = [...settingsOf(base, cwd), ...(name.includes("/") ? [resolve(cwd, name)] : [])];
  const found: Reached = { files, entries: [], lines: [] };
  const module = base.startsWith("python") && args[args.indexOf("-m") + 1];
  const runner = RUNNERS.test(base) || (typeof module === "string" && args.includes("-m") && RUNNERS.test(module));
  if (runner) files.push(...plain.flatMap((path) => testsAt(resolve(cwd, path.replace(/::.*$/, "")))));
  else if (INTERPRETERS.test(base)) files.push(...script(plain[0], cwd));
  if (typeof module === "string") files.push(...settingsOf(module, cwd));
  if (SHELL.test(base) || name.includes("/")) found.lines.push(...shellText(files.at(-1)));
  if (MANAGERS.test(base)) Object.assign(found, packageScripts({ name: base, args, cwd }, found));
  if (/^(npx|pnpx|bunx)$/.test(base) && plain[0]) {
    found.lines.push(plain.join(" "));
    found.first = join(cwd, "node_modules/.bin");
  }
  if (/^g?make$/.test(base)) found.lines.push(...makeLines({ name, args, cwd }, files));
  return found;
}

function settingsOf(tool: string, cwd: string): string[] {
  const patterns = SETTINGS.filter(([of]) => of.test(tool)).map(([, file]) => file);
  if (patterns.length === 0) return [];
  const below = /^py/.test(tool) ? ["", "tests", "test"] : [""];
  return below.flatMap((folder) =>
    filesIn(join(cwd, folder))
      .filter((file) => patterns.some((pattern) => pattern.test(file)))
      .map((file) => join(cwd, folder, file)),
  );
}

function script(word: string | undefined, cwd: string): string[] {
  if (word === undefined) return [];
  return [isAbsolute(word) ? word : join(cwd, word)];
}

function testsAt(path: string): string[] {
  const below = filesIn(path).map((file) => join(path, file));
  return below.length > 0 ? below.slice(0, 200) : [path];
}

// a script of another language is not read as shell
function shellText(path: string | undefined): string[] {
  const text = path === undefined ? undefined : textOf(path);
  if (text === undefined || /^#!(?!.*\b(ba|z|da|k|a)?sh\b)/.test(text)) return [];
  return text.startsWith("#!") || path?.endsWith("sh") ? [text] : [];
}

const OWN = new Set("install ci i add exec x init publish audit outdated ls list view dlx create".split(" "));

function packageScripts({ args, cwd, name: tool }: Words, found: Reached): Partial<Reached> {
  const file = join(cwd, folderOf(args) ?? "", "package.json");
  const plain = args.filter((arg, at) => !arg.startsWith("-") && !/^(--prefix|-C|--dir)$/.test(args[at - 1] ?? ""));
  const [first = "", second] = plain;
  const bin = join(dirname(file), "node_modules/.bin");
  if (/^(exec|x|dlx)$/.test(first)) return { lines: [...found.lines, plain.slice(1).join(" ")], first: bin };
  if (OWN.has(first) || (tool === "bun" && first === "test")) return {};
  const name = /^(run|run-script)$/.test(first) ? second : first === "t" || first === "tst" ? "test" : first;
  if (!name) return {};
  const names = [`pre${name}`, name, `post${name}`];
  const scripts = scriptsOf(file);
  return {
    entries: names.map((each) => ({ file, name: each })),
    lines: [...found.lines, ...names.flatMap((each) => scripts[each] ?? [])],
    first: bin,
  };
}

function folderOf(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => /^(--prefix|-C|--dir)$/.test(arg));
  return at < 0 ? undefined : args[at + 1];
}

/** The scripts of a package.json; none when it cannot be read. */
export function scriptsOf(file: string): Record<string, string> {
  try {
    const scripts: unknown = JSON.parse(textOf(file) ?? "")?.scripts;
    const entries = typeof scripts === "object" && scripts !== null ? Object.entries(scripts) : [];
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return {};
  }
}

const MOST_LINES = 300;

function makeLines({ args, cwd }: Words, files: string[]): string[] {
  const folder = resolve(cwd, folderOf(args) ?? "");
  const at = args.findIndex((arg) => arg === "-f" || arg === "--file");
  const named = at < 0 ? undefined : args[at + 1];
  const usual = filesIn(folder).find((file) => /^(GNUmakefile|[Mm]akefile)$/.test(file));
  const file = resolve(folder, named ?? usual ?? "Makefile");
  files.push(file);
  const recipes = (textOf(file) ?? "").replace(/\\\n/g, " ").split("\n");
  return recipes
    .filter((line) => line.startsWith("\t"))
    .slice(0, MOST_LINES)
    .map(recipe);
}

// what make itself takes from the line
function recipe(line: string): string {
  return line
    .trim()
    .replace(/^[@+-]+/, "")
    .replaceAll("$$", "$");
}
