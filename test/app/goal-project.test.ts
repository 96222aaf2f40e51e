import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readGoal } from "../../src/app/goal-file.js";
import { initGoal } from "../../src/app/goal-project.js";

const never = new AbortController().signal;

function project(files: Record<string, string>): string {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), "goal-")));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), text);
  }
  return cwd;
}

/** The contract that a project's draft is, as what it checks and protects. */
async function drafted(
  files: Record<string, string>,
): Promise<{ checks: (string | undefined)[]; protect: readonly string[] }> {
  const cwd = project(files);
  await initGoal({ cwd, goal: "Make it: work" }, never);
  const { goal, criteria, protect } = await readGoal(undefined, {}, cwd);
  expect(goal).toBe("Make it: work");
  return { checks: criteria.map(({ check }) => check), protect };
}

const scripts = (all: Record<string, string>, more: object = {}) => JSON.stringify({ scripts: all, ...more });

describe("goal init", () => {
  it("finds what checks a TypeScript project of npm", async () => {
    const found = await drafted({
      "package.json": scripts({ test: "vitest run", lint: "biome check .", build: "tsc", start: "node ." }),
      "package-lock.json": "{}",
      "tsconfig.json": "{}",
      "src/a.ts": "",
      "src/a.test.ts": "",
      "test/b.ts": "",
      "test/c.test.ts": "",
      "node_modules/x/test/x.test.ts": "",
    });
    expect(found).toEqual({
      checks: ["npm test", "npm run lint", "npm run build", "npx --no-install tsc --noEmit"],
      protect: ["test/**", "**/*.test.*"],
    });
  });

  it("finds what checks a monorepo of pnpm, in its packages too, and what AGENTS.md adds", async () => {
    const agents = [
      "# Work here",
      "```sh",
      "pnpm dev",
      "```",
      "## Testing",
      "```bash",
      "pnpm install",
      "$ pnpm -r run test  # all",
      "$ pnpm --filter <name> test",
      "$ pnpm exec playwright \\",
      "    test",
      "```",
      "```ts",
      "test();",
      "```",
      "## Style",
      "```",
      "pnpm paint",
      "```",
    ];
    const found = await drafted({
      "package.json": scripts({ lint: "eslint ." }),
      "pnpm-lock.yaml": "",
      "pnpm-workspace.yaml": "packages: [packages/*]",
      "packages/a/package.json": scripts({ test: "jest" }),
      "packages/a/__tests__/a.js": "",
      "packages/b/package.json": "{ broken",
      "AGENTS.md": agents.join("\r\n"),
    });
    expect(found).toEqual({
      checks: ["pnpm -r run test", "pnpm run lint", "pnpm exec playwright test"],
      protect: ["**/__tests__/**"],
    });
  });

  it("finds what checks a Python project", async () => {
    const found = await drafted({
      "pyproject.toml": "[project]\nname = 'x'\n[tool.pytest.ini_options]\n[tool.ruff]\n[tool.mypy]\n",
      "uv.lock": "",
      "tests/test_a.py": "",
      "src/x/test_b.py": "",
    });
    expect(found).toEqual({
      checks: ["uv run pytest", "uv run mypy .", "uv run ruff check ."],
      protect: ["tests/**", "**/test_*.py"],
    });
  });

  it("finds what checks a project in Rust, and one in Go", async () => {
    const rust = { "Cargo.toml": "[workspace]\nmembers = []\n", "clippy.toml": "", "src/lib.rs": "", "tests/a.rs": "" };
    expect(await drafted(rust)).toEqual({
      checks: ["cargo test --workspace", "cargo clippy --workspace -- -D warnings"],
      protect: ["tests/**"],
    });
    expect(await drafted({ "go.mod": "module x\n", "a.go": "", "a_test.go": "" })).toEqual({
      checks: ["go test ./...", "go vet ./..."],
      protect: ["**/*_test.go"],
    });
  });

  it("finds the targets of a Makefile, and only what nothing else checks", async () => {
    const makefile =
      ".PHONY: test lint\ntest: build\n\tbats test\nlint check:\n\tshellcheck *.sh\nbuild := out\nclean:\n\trm -r out\n";
    expect(await drafted({ Makefile: makefile, "run.sh": "", "test/run.bats": "" })).toEqual({
      checks: ["make test", "make lint", "make check"],
      protect: ["test/**"],
    });
    expect((await drafted({ Makefile: makefile, "go.mod": "module x\n" })).checks).toEqual([
      "go test ./...",
      "go vet ./...",
      "make check",
    ]);
  });

  it("leaves out scripts that prove nothing or never end", async () => {
    const none = 'echo "Error: no test specified" && exit 1';
    const cwd = project({
      "package.json": scripts({ test: none, lint: "eslint --watch", build: "x" }, { packageManager: "bun@1.1" }),
    });
    const { text } = await initGoal({ cwd, goal: "g" }, never);
    expect(text.match(/^ {4}check: .*/gm)).toEqual(["    check: bun run build"]);
  });

  it("drafts for somebody who has nothing yet, and says what is missing when it is run", async () => {
    const cwd = project({});
    const { path, text } = await initGoal({ cwd, file: ".nanocoder/goals/fix.yaml" }, never);
    expect(path).toBe(join(cwd, ".nanocoder/goals/fix.yaml"));
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(text).toContain("# What should be done? Write it here:\ngoal:\n");
    await expect(readGoal("fix", {}, cwd)).rejects.toThrow(
      '.nanocoder/goals/fix.yaml:4:1: "goal" is empty: it wants a text that says what should be done.',
    );
  });

  it("never writes over a file", async () => {
    const cwd = project({ "goal.yaml": "mine" });
    await expect(initGoal({ cwd }, never)).rejects.toThrow(
      "goal.yaml is there already: edit it, or name another file.",
    );
    expect(readFileSync(join(cwd, "goal.yaml"), "utf8")).toBe("mine");
    await expect(initGoal({ cwd, file: "goal.yaml/x.yaml" }, never)).rejects.toThrow("goal.yaml cannot be made");
  });
});
