import type { FoundCheck, ProjectFound } from "./found.js";

type Scripts = Readonly<Record<string, string>>;
type Manager = "npm" | "pnpm" | "yarn" | "bun";

const LOCKS: readonly [file: string, manager: Manager][] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["pnpm-workspace.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["package-lock.json", "npm"],
];

/** Names of scripts, the best first. */
const NAMES: readonly [kind: FoundCheck["kind"], names: readonly string[]][] = [
  ["test", ["test", "test:run", "test:ci", "test:unit"]],
  ["types", ["typecheck", "type-check", "check-types", "types", "tsc"]],
  ["lint", ["lint"]],
  ["check", ["check"]],
  ["build", ["build"]],
];

/** What the scripts of package.json check; in a workspace whose root checks nothing, those of its packages. */
export function packageChecks({ texts, files }: ProjectFound): FoundCheck[] {
  const root = parsed(texts["package.json"]);
  if (!root) return [];
  const manager = managerOf(root, files);
  const own = scriptsOf(root);
  const packages = isWorkspace(root, files) ? nested(texts) : {};
  const checks = NAMES.flatMap(([kind, names]) => {
    const here = names.find((name) => isCheck(own[name]));
    if (here) return [{ kind, check: runs(manager, here), from: "package.json" }];
    const there = names.find((name) => isCheck(packages[name]));
    return there ? [{ kind, check: runsAll(manager, there), from: "the package.json of its packages" }] : [];
  });
  if (checks.some(({ kind }) => kind === "types") || texts["tsconfig.json"] === undefined) return checks;
  return [...checks, { kind: "types", check: "npx --no-install tsc --noEmit", from: "tsconfig.json" }];
}

/** The package manager and every script of package.json; undefined where there is none to read. */
export function packageScripts({ texts, files }: ProjectFound): { manager: Manager; scripts: Scripts } | undefined {
  const root = parsed(texts["package.json"]);
  return root && { manager: managerOf(root, files), scripts: scriptsOf(root) };
}

// neither what npm writes where there are no tests, nor what never ends
function isCheck(script: string | undefined): boolean {
  return script !== undefined && script.trim() !== "" && !/no test specified|--watch\b(?!=false)|-w\b/.test(script);
}

function runs(manager: Manager, script: string): string {
  // `bun test` is bun's own test runner, not the script
  return script === "test" && manager !== "bun" ? `${manager} test` : `${manager} run ${script}`;
}

function runsAll(manager: Manager, script: string): string {
  const all: Record<Manager, string> = {
    npm: `npm run ${script} --workspaces --if-present`,
    pnpm: `pnpm -r run ${script}`,
    yarn: `yarn workspaces run ${script}`,
    bun: `bun run --filter '*' ${script}`,
  };
  return all[manager];
}

function managerOf(root: Record<string, unknown>, files: readonly string[]): Manager {
  const said = /^(npm|pnpm|yarn|bun)@/.exec(typeof root.packageManager === "string" ? root.packageManager : "")?.[1];
  const locked = LOCKS.find(([file]) => files.includes(file))?.[1];
  return LOCKS.find(([, manager]) => manager === said)?.[1] ?? locked ?? "npm";
}

function isWorkspace(root: Record<string, unknown>, files: readonly string[]): boolean {
  return root.workspaces !== undefined || files.includes("pnpm-workspace.yaml");
}

function nested(texts: ProjectFound["texts"]): Scripts {
  const paths = Object.keys(texts).filter((path) => path.endsWith("/package.json"));
  return Object.assign({}, ...paths.map((path) => scriptsOf(parsed(texts[path]) ?? {})));
}

function scriptsOf({ scripts }: Record<string, unknown>): Scripts {
  if (typeof scripts !== "object" || scripts === null) return {};
  return Object.fromEntries(Object.entries(scripts).filter(([, text]) => typeof text === "string"));
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
