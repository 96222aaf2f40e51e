/** Globs of test files, and what they match; those of folders come first. */
const TESTS: readonly [glob: string, matches: RegExp][] = [
  ["test/**", /^test\//],
  ["tests/**", /^tests\//],
  ["spec/**", /^spec\//],
  ["e2e/**", /^e2e\//],
  ["**/__tests__/**", /(?:^|\/)__tests__\//],
  ["**/test/**", /\/test\//],
  ["**/tests/**", /\/tests\//],
  ["**/*.test.*", /\.test\.[^/.]+$/],
  ["**/*.spec.*", /\.spec\.[^/.]+$/],
  ["**/*_test.go", /_test\.go$/],
  ["**/test_*.py", /(?:^|\/)test_[^/]*\.py$/],
  ["**/*_test.py", /_test\.py$/],
  ["**/conftest.py", /(?:^|\/)conftest\.py$/],
  ["**/*_spec.rb", /_spec\.rb$/],
  ["**/*.bats", /\.bats$/],
];

/** The fewest globs that hold all test files there are. */
export function testGlobs(files: readonly string[]): string[] {
  let rest = [...files];
  return TESTS.flatMap(([glob, matches]) => {
    const left = rest.filter((path) => !matches.test(path));
    if (left.length === rest.length) return [];
    rest = left;
    return [glob];
  });
}
