import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ScriptStep } from "../../src/models/scripted/script.js";
import { bash, committed, goalRun, isJudge, reportIn, reportPath, roundsOf, verdicts } from "./goals.js";
import { type Place, place } from "./nanocoder.js";

const EXAMPLES = join(import.meta.dirname, "../../examples/goals");

/** A copy of an example, as a repository. */
function example(name: string): Place {
  const where = place();
  cpSync(join(EXAMPLES, name), where.work, { recursive: true });
  committed(where.work);
  return where;
}

const write = (path: string, ...lines: string[]) => bash(`cat > ${path} <<'END'\n${lines.join("\n")}\nEND`);

// works through attempts, one a round, and gives what came of it
async function worked(name: string, attempts: readonly ScriptStep[]) {
  const where = example(name);
  const script = attempts.flatMap((attempt): ScriptStep[] => [attempt, "All is done, and all tests pass."]);
  const ended = await goalRun(script, [], { where });
  const report = reportIn(where);
  return { ...ended, report, markdown: readFileSync(`${reportPath(where)}.md`, "utf8") };
}

const metIn = (where: Place) => roundsOf(where).map(({ verdicts }) => verdicts.map(({ met }) => met));

describe("the example", () => {
  it("failing-test: units at first, then what is no duration", async () => {
    const loop = (check: string) =>
      write(
        "duration.js",
        "const SECONDS = { h: 3600, m: 60, s: 1 };",
        "export function seconds(text) {",
        check,
        "  return [...text.matchAll(/(\\d+)([hms])/g)].reduce((sum, [, n, unit]) => sum + n * SECONDS[unit], 0);",
        "}",
      );
    const ended = await worked("failing-test", [
      bash("rm duration.test.js"),
      loop(""),
      loop(`  if (!/^(\\d+[hms])+$/.test(text)) throw new Error('not a duration: "' + text + '"');`),
    ]);
    expect(ended.code, ended.stdout).toBe(0);
    expect(ended.stdout).toContain("[GOAL MET] Make the tests pass (3 iterations)");
    expect(ended.report).toMatchObject({ met: true, voided_rounds: [{ n: 1, paths: ["duration.test.js"] }] });
    expect(metIn(ended.where)).toEqual([[], [false], [true]]);
    expect(ended.requests[4]?.lastText).toContain("what is no duration");
    expect(ended.markdown).toContain("node --test");
  });

  it("cli-to-write: without the count, then with it", async () => {
    const words = "tr -cs '[:alnum:]' '\\n' | tr '[:upper:]' '[:lower:]' | grep . | sort | uniq -c | sort -k1,1nr -k2";
    const tidy = "sed 's/^ *//'";
    const ended = await worked("cli-to-write", [
      write("top-words.sh", `${words} | ${tidy}`),
      write(
        "top-words.sh",
        `case \${1-10} in *[!0-9]*) echo "$1 is no number" >&2; exit 2;; esac`,
        `${words} | ${tidy} | head -n "\${1-10}"`,
      ),
    ]);
    expect(ended.code, ended.stdout).toBe(0);
    expect(metIn(ended.where)).toEqual([
      [false, true],
      [true, true],
    ]);
    expect(ended.requests[2]?.lastText).toContain("> upper case does not matter:");
    expect(ended.report.baseline).toEqual(["failing", "failing"]);
  });

  const python = works("python3", "--version");

  it.runIf(python)("refactor: a rule said once that breaks a test, then one that does not", async () => {
    const shop = (limit: string) =>
      write(
        "shop.py",
        "def price(count, each):",
        "    total = count * each",
        `    return round(total * 0.9) if count ${limit} else total`,
        ...["book 1250", "pen 199", "bag 4900"].map((line) => {
          const [name, each] = line.split(" ");
          return `\n\ndef ${name}_price(count):\n    return price(count, ${each})`;
        }),
      );
    const ended = await worked("refactor", [shop("> 10"), shop(">= 10")]);
    expect(ended.code, ended.stdout).toBe(0);
    expect(ended.report).toMatchObject({ met: true, iterations: 2, baseline: ["passing", "failing"] });
    expect(metIn(ended.where)).toEqual([
      [false, true],
      [true, true],
    ]);
    expect(ended.requests[2]?.lastText).toContain("Passed before the work began and must pass again: 1.");
  });

  it("bug-report: mended without a test, then with one", async () => {
    const ended = await worked("bug-report", [
      write(
        "slug.js",
        "export function anchors(headings) {",
        "  const seen = new Map();",
        "  return headings.map((heading) => {",
        '    const base = heading.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");',
        "    let [n, anchor] = [1, base];",
        "    while (seen.has(anchor)) { n += 1; anchor = base + '-' + n; }",
        "    seen.set(anchor, true);",
        "    return anchor;",
        "  });",
        "}",
      ),
      bash(
        `printf '%s\\n' 'test("issue 7: equal ones are numbered", () => {' '  assert.deepEqual(anchors(["C", "C#"]), ["c", "c-2"]);' '});' >> slug.test.js`,
      ),
    ]);
    expect(ended.code, ended.stdout).toBe(0);
    expect(ended.report).toMatchObject({ iterations: 2, baseline: ["failing", "passing", "failing"] });
    expect(metIn(ended.where)).toEqual([
      [true, true, false],
      [true, true, true],
    ]);
    expect(ended.report.diff_stat).toMatchObject({ files: 2 });
  });

  it("flaky-check: luck does not prove it, an order does", async () => {
    const ended = await worked("flaky-check", [
      bash("node --test > /dev/null; echo '// looked at' >> all.js"),
      write("all.js", "export async function all(tasks) {", "  return Promise.all(tasks.map((task) => task()));", "}"),
    ]);
    expect(ended.code, ended.stdout).toBe(0);
    expect(metIn(ended.where)).toEqual([[false], [true]]);
    expect(ended.stderr).toContain("round 2: pass 20 of 20, check 1 of 1: node --test");
    expect(ended.requests[0]?.lastText).toContain("must pass 20 times in a row");
  });

  it("impossible: not met at first, then the judge says why nobody can", async () => {
    const where = example("impossible");
    const judge = [
      verdicts({ met: false, reason: "there is no proof.md" }),
      verdicts({ met: false, impossible: true, reason: "Euclid proved that there is none" }),
    ];
    const worker = ["I thought about it.", bash("echo 'QED: 7 is it.' > proof.md"), "Proved: mark it as met."];
    const script = (request: Parameters<typeof isJudge>[0]) => (isJudge(request) ? judge : worker).shift() ?? "?";
    const ended = await goalRun(script, [], { where });
    expect(ended.code).toBe(5);
    expect(ended.stdout).toContain("Ended: impossible: criterion 1 cannot be met: Euclid proved that there is none");
    expect(reportIn(where)).toMatchObject({ met: false, iterations: 2, termination_reason: "impossible" });
    expect(readFileSync(`${reportPath(where)}.md`, "utf8")).toContain("Euclid");
  });

  it("each folder is told in the README, and has a test here", () => {
    const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const [readme, tests] = [join(EXAMPLES, "README.md"), import.meta.filename].map((path) =>
      readFileSync(path, "utf8"),
    );
    for (const { name } of folders) {
      expect(readme).toContain(`| \`${name}\` |`);
      expect(tests).toContain(`"${name}: `);
    }
    expect(folders.length).toBeGreaterThanOrEqual(6);
  });
});

function works(file: string, ...args: string[]): boolean {
  try {
    execFileSync(file, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
