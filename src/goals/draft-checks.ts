import { instructionChecks } from "./draft-instructions.js";
import { packageChecks } from "./draft-package.js";
import type { FoundCheck, ProjectFound } from "./found.js";

/** More than this is no contract that anybody reads. */
const MOST = 12;

/** The checks that a project has: of each language; then of the Makefile what those lack; then what AGENTS.md adds. */
export function checksOf(found: ProjectFound): FoundCheck[] {
  const own = [...packageChecks(found), ...pythonChecks(found), ...rustChecks(found), ...goChecks(found)];
  const had = new Set(own.map(({ kind }) => kind));
  const made = makeChecks(found).filter(({ kind }) => !had.has(kind));
  const all = [...own, ...made, ...instructionChecks(found)];
  return all.filter(({ check }, n) => all.findIndex((other) => other.check === check) === n).slice(0, MOST);
}

function pythonChecks({ texts, files }: ProjectFound): FoundCheck[] {
  const settings = ["pyproject.toml", "setup.cfg", "tox.ini"].map((name) => texts[name] ?? "").join("\n");
  const from = (...names: string[]) => names.find((name) => files.includes(name)) ?? "the test files";
  const project = from("pyproject.toml", "setup.cfg", "setup.py", "tox.ini");
  const through = files.includes("uv.lock") ? "uv run " : files.includes("poetry.lock") ? "poetry run " : "";
  const checks: FoundCheck[] = [];
  // never unittest by guess: it passes where it finds no test
  const tested = files.some((path) => /(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest)\.py$/.test(path));
  if (tested || files.includes("pytest.ini") || /\bpytest\b/.test(settings))
    checks.push({
      kind: "test",
      check: through ? `${through}pytest` : "python3 -m pytest",
      from: from("pytest.ini", project),
    });
  else if (files.includes("tox.ini")) checks.push({ kind: "test", check: "tox", from: "tox.ini" });
  if (/^\[tool\.mypy/m.test(settings) || /^\[mypy\]/m.test(settings) || files.includes("mypy.ini"))
    checks.push({ kind: "types", check: `${through}mypy .`, from: from("mypy.ini", project) });
  if (/^\[tool\.ruff/m.test(settings) || files.includes("ruff.toml") || files.includes(".ruff.toml"))
    checks.push({ kind: "lint", check: `${through}ruff check .`, from: from("ruff.toml", ".ruff.toml", project) });
  return checks;
}

function rustChecks({ texts, files }: ProjectFound): FoundCheck[] {
  const cargo = texts["Cargo.toml"];
  if (cargo === undefined) return [];
  const whole = /^\[workspace\]/m.test(cargo) ? " --workspace" : "";
  const clippy = ["clippy.toml", ".clippy.toml"].find((name) => files.includes(name));
  return [
    { kind: "test", check: `cargo test${whole}`, from: "Cargo.toml" },
    ...(clippy ? [{ kind: "lint", check: `cargo clippy${whole} -- -D warnings`, from: clippy } as const] : []),
  ];
}

function goChecks({ texts, files }: ProjectFound): FoundCheck[] {
  if (texts["go.mod"] === undefined) return [];
  const linter = [".golangci.yml", ".golangci.yaml", ".golangci.toml"].find((name) => files.includes(name));
  return [
    { kind: "test", check: "go test ./...", from: "go.mod" },
    linter
      ? { kind: "lint", check: "golangci-lint run", from: linter }
      : { kind: "lint", check: "go vet ./...", from: "go.mod" },
  ];
}

const TARGETS: Readonly<Record<string, FoundCheck["kind"]>> = {
  test: "test",
  tests: "test",
  typecheck: "types",
  lint: "lint",
  check: "check",
};

function makeChecks(found: ProjectFound): FoundCheck[] {
  const { from, targets } = makeTargets(found);
  return Object.keys(TARGETS).flatMap((target) => {
    const kind = TARGETS[target];
    return kind && targets.includes(target) ? [{ kind, check: `make ${target}`, from }] : [];
  });
}

/** The targets of a Makefile, in its order. */
export function makeTargets({ texts }: ProjectFound): { from: string; targets: string[] } {
  const from = ["GNUmakefile", "makefile", "Makefile"].find((name) => texts[name] !== undefined) ?? "";
  const lines = (texts[from] ?? "").matchAll(/^([\w][\w ./-]*?)\s*::?(?!=)/gm);
  return { from, targets: [...lines].flatMap((found) => found[1]?.split(/\s+/) ?? []) };
}
