import { checksOf } from "./draft-checks.js";
import { testGlobs } from "./draft-tests.js";
import type { FoundCheck, ProjectFound } from "./found.js";
import { criterionLines, listed, yamlText } from "./write.js";

const DESCRIBE: Record<FoundCheck["kind"], string> = {
  test: "The tests pass",
  types: "The types are right",
  lint: "The linter has nothing to say",
  check: "The project's own check passes",
  build: "It builds",
};

/** Drafts a goal.yaml for somebody who has never seen one. Without `goal` it is not valid until one is written. */
export function draftGoal(found: ProjectFound, goal = ""): string {
  const checks = checksOf(found);
  const globs = testGlobs(found.files);
  return [
    "# A goal for nanocoder: it works until every criterion below is proved.",
    "",
    ...(goal.trim() === "" ? ["# What should be done? Write it here:", "goal:"] : [`goal: ${yamlText(goal.trim())}`]),
    "",
    "# What must be true at the end. A check is a command that exits 0 when it is; without a check, a model judges.",
    "criteria:",
    ...(checks.length === 0 ? EXAMPLE : criteria(checks)),
    "  # - describe: Something that no command can tell, said so that a stranger can judge it",
    "",
    ...(globs.length === 0 ? NO_TESTS : [...TESTS, ...listed("protect", globs)]),
    "",
    ...REST,
    "",
  ].join("\n");
}

function criteria(checks: readonly FoundCheck[]): string[] {
  return checks.flatMap(({ kind, check, from }) => {
    const same = checks.filter((other) => other.kind === kind).length > 1;
    const describe = same ? `${DESCRIBE[kind]} (${check})` : DESCRIBE[kind];
    return [`  # from ${from}`, ...criterionLines({ describe, check })];
  });
}

const EXAMPLE = [
  "  # Nothing was found that checks this project. Such as:",
  "  # - describe: The tests pass",
  "  #   check: make test",
];

const TESTS = ["# Nobody may change these files. Take out what the work has to change, such as tests it has to write."];
const NO_TESTS = ["# Files that nobody may change:", '# protect: ["test/**"]'];

const REST = [
  "# Where it ends at the latest:",
  "limits:",
  "  iterations: 10",
  "  # max_cost: 5      # USD",
  "  # timeout: 1h",
  "",
  "# stable: 3          # at the end each check must pass so many times in a row",
  "# clean: true        # the last checks run in a fresh copy of the result",
];
