import { checksOf, makeTargets } from "../goals/draft-checks.js";
import { packageScripts } from "../goals/draft-package.js";
import { testGlobs } from "../goals/draft-tests.js";
import type { FoundCheck, ProjectFound } from "../goals/found.js";
import { linesOf } from "../platform/text.js";
import { lookAtProject } from "./goal-project.js";

/** What code can tell of a project without a model; texts are the project's own and not to be trusted. */
export type ProjectFacts = {
  checks: readonly FoundCheck[];
  /** Of package.json, with the manager that runs them. */
  scripts: readonly { run: string; does: string }[];
  targets: readonly string[];
  ci: readonly string[];
  style: readonly string[];
  tests: readonly string[];
  /** Folders at the top and the files in them, the largest first. */
  folders: readonly { name: string; files: number }[];
  /** Endings of files and how many there are, the most first. */
  endings: readonly { name: string; files: number }[];
  readme: readonly string[];
  /** The instructions that are there: AGENTS.md, else CLAUDE.md. */
  existing?: string;
};

const README = /^readme(\.\w+)?$/i;
const CI =
  /^(\.github\/workflows\/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.circleci\/config\.yml|Jenkinsfile|azure-pipelines\.yml|\.travis\.yml)$/;
const STYLE =
  /^(biome\.jsonc?|\.prettierrc(\.\w+)?|prettier\.config\.\w+|eslint\.config\.\w+|\.eslintrc(\.\w+)?|\.editorconfig|\.?ruff\.toml|\.?rustfmt\.toml|\.?clippy\.toml|\.golangci\.\w+|\.clang-format|\.rubocop\.yml|tsconfig\.json|mypy\.ini|\.pre-commit-config\.yaml)$/;
/** Entries of a list, and lines of a README and of one script. */
const MOST = { list: 20, readme: 15, line: 200 };

/** Looks at a project; files that .gitignore leaves out are not seen. */
export async function projectFacts(cwd: string, signal: AbortSignal): Promise<ProjectFacts> {
  const found = await lookAtProject(cwd, signal, README);
  const { texts, files } = found;
  // what is drafted does not count itself
  const code = files.filter((path) => path !== "AGENTS.md");
  const readme = files.find((path) => README.test(path) && texts[path] !== undefined);
  const existing = ["AGENTS.md", "CLAUDE.md"].find((path) => texts[path] !== undefined);
  return {
    checks: checksOf(found),
    scripts: scriptsOf(found),
    targets: makeTargets(found).targets.slice(0, MOST.list),
    ci: files.filter((path) => CI.test(path)).slice(0, MOST.list),
    style: files.filter((path) => STYLE.test(path)).slice(0, MOST.list),
    tests: testGlobs(files),
    folders: counted(files.flatMap((path) => (path.includes("/") ? (path.split("/")[0] ?? []) : []))),
    endings: counted(code.flatMap((path) => /[^/](\.\w+)$/.exec(path)?.[1] ?? [])).slice(0, 6),
    readme: readme === undefined ? [] : beginning(texts[readme] ?? ""),
    ...(existing !== undefined && { existing }),
  };
}

function scriptsOf(found: ProjectFound): ProjectFacts["scripts"] {
  const { manager, scripts } = packageScripts(found) ?? { manager: "npm", scripts: {} };
  const all = Object.entries(scripts).slice(0, MOST.list);
  return all.map(([name, does]) => ({ run: `${manager} run ${name}`, does: does.slice(0, MOST.line) }));
}

function counted(names: readonly string[]): { name: string; files: number }[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const all = [...counts].map(([name, files]) => ({ name, files }));
  return all.sort((a, b) => b.files - a.files || (a.name < b.name ? -1 : 1)).slice(0, MOST.list);
}

// what a person reads first: no pictures, no badges
function beginning(text: string): string[] {
  const lines = linesOf(text).filter((line) => line.trim() !== "" && !/^\s*(\[?!\[|<|---)/.test(line));
  return lines.slice(0, MOST.readme).map((line) => line.slice(0, MOST.line));
}
