import { describe, expect, it } from "vitest";
import { readContract } from "../../src/goals/contract.js";
import type { Contract } from "../../src/goals/types.js";

async function read(yaml: string): Promise<Contract> {
  const reading = await readContract({ yaml });
  if (reading.type === "faults") throw new Error(JSON.stringify(reading.faults));
  return reading.contract;
}

/** Every mistake of a text as `line:column: sentence`. */
async function faults(yaml: string): Promise<string[]> {
  const reading = await readContract({ yaml });
  if (reading.type === "contract") return [];
  return reading.faults.map(({ why, at }) => (at ? `${at.line}:${at.column}: ${why}` : why));
}

const WHOLE = { protect: [], limits: { iterations: 10 }, stable: 1, clean: false, include: [] };
const with_ = (more: string) => `goal: g\ncriteria: c\n${more}`;
const criterion = (more: string) => `goal: g\ncriteria:\n  - describe: d\n    ${more}`;

describe("a goal.yaml", () => {
  it("is read whole", async () => {
    const yaml = `
goal: |
  Make the parser pass
  and keep it small
criteria:
  - The README says how to install it
  - Types are right ||| npm run typecheck
  - describe: The tests pass
    check: npm test   # all of them
    timeout: 90s
  - check: "test -f dist/main.js"
    timeout: 2
protect: ["./test/**", "fixtures/"]
limits: { max_iterations: 3, max_turns: 40, max_cost: 2.5, timeout: 1h }
stable: 2
clean: true
include: .env.test
judge: gpt-5
`;
    expect(await read(yaml)).toEqual({
      goal: "Make the parser pass\nand keep it small",
      criteria: [
        { describe: "The README says how to install it" },
        { describe: "Types are right", check: "npm run typecheck" },
        { describe: "The tests pass", check: "npm test", timeout: 90_000 },
        { describe: "test -f dist/main.js", check: "test -f dist/main.js", timeout: 2000 },
      ],
      protect: ["test/**", "fixtures/**"],
      limits: { iterations: 3, maxTurns: 40, maxCost: 2.5, timeout: 3_600_000 },
      stable: 2,
      clean: true,
      include: [".env.test"],
      judge: "gpt-5",
    });
  });

  it("may be JSON, one criterion, with CRLF, or with a few aliases", async () => {
    const expected = { goal: "g", criteria: [{ describe: "c", check: "x" }], ...WHOLE };
    expect(await read('{"goal": "g", "criteria": [{"describe": "c", "check": "x"}]}')).toEqual(expected);
    expect(await read("goal: g\r\ncriteria: c ||| x\r\n")).toEqual(expected);
    expect(await read("goal: &g g\ncriteria: [{ describe: c, check: x }]\njudge: *g")).toEqual({
      ...expected,
      judge: "g",
    });
    expect((await read(criterion("check: |\n      a\n      b"))).criteria).toEqual([{ describe: "d", check: "a\nb" }]);
    expect((await read(criterion("check: 'yes'"))).criteria).toEqual([{ describe: "d", check: "yes" }]);
    expect((await read(criterion("check: !!str 8080"))).criteria).toEqual([{ describe: "d", check: "8080" }]);
  });
});

const DEEP = "[".repeat(60_000);

describe("a mistake in a goal.yaml", () => {
  it.each<[yaml: string, fault: string]>([
    // what is no YAML
    ["goal: g\n\tcriteria: c", "2:1: A tab cannot indent in YAML: use blanks."],
    [
      "goal: g\ncriteria:\n  - Tests: all: pass",
      `3:12: ": " in an unquoted text begins a key: put the text in "quotes", or mend the indentation of the line after it.`,
    ],
    [
      "goal: g\ncriteria:\n  - c ||| `x`\n  - `y`",
      `4:5: An unquoted text cannot begin with this character: put the text in "quotes".`,
    ],
    [
      criterion("check: !grep x src"),
      `4:12: "!" at the beginning of an unquoted text makes it a tag: put the text in "quotes".`,
    ],
    [criterion("check: [ -f x"), "4:18: The indentation does not fit the lines above, or a bracket is not closed."],
    [
      criterion("check: 'a' && b"),
      `4:16: This is not YAML: unexpected anchor at node end; perhaps a text wants "quotes".`,
    ],
    [
      criterion('check: "grep \\d x"'),
      `4:18: This "\\" is no escape of YAML: write "\\\\", or put the text in single quotes.`,
    ],
    ["goal: g\ncriteria: c\n---\ngoal: h", "3:1: A second document begins here: a file holds one goal."],
    ["goal: g\nprotect\ncriteria: c", '2:1: This line is no "key: value".'],
    [DEEP, "1:1: This is nested too deeply to be a goal."],
    // keys
    [with_("protekt: [a]"), '3:1: There is no key "protekt". Did you mean "protect"?'],
    [
      with_("zzzzzzzz: 1"),
      '3:1: There is no key "zzzzzzzz". Known here: goal, criteria, protect, include, limits, stable, clean, judge.',
    ],
    [with_("goal: h"), '3:1: "goal" is given twice, first in line 1: keep one.'],
    [with_("limits:\n  max_cots: 1"), '4:3: There is no key "max_cots". Did you mean "max_cost"?'],
    [
      with_("limits: { iterations: 2, max_iterations: 3 }"),
      '3:42: "iterations" and "max_iterations" are the same: keep one.',
    ],
    [criterion("chek: x"), '4:5: There is no key "chek". Did you mean "check"?'],
    [
      with_("? [a]\n: b"),
      "3:3: A key is a word: one of goal, criteria, protect, include, limits, stable, clean, judge.",
    ],
    [
      with_("__proto__: x"),
      '3:1: There is no key "__proto__". Known here: goal, criteria, protect, include, limits, stable, clean, judge.',
    ],
    // the file, the goal, the criteria
    ["", "1:1: The file is empty: it wants a goal: and criteria:."],
    ["# only words\n", "1:1: The file is empty: it wants a goal: and criteria:."],
    ["- a\n- b", "1:1: The file wants keys such as goal: and criteria:, not a list."],
    ["make it work", "1:1: The file wants keys such as goal: and criteria:, not a text."],
    ["criteria: c", "1:1: There is no goal: say in one sentence what should be done."],
    ["criteria: c\ngoal:", '2:1: "goal" is empty: it wants a text that says what should be done.'],
    ["criteria: c\ngoal: '  '", '2:7: "goal" is empty.'],
    [
      "criteria: c\ngoal: [a]",
      '2:7: "goal" wants a text that says what should be done, not a list: a text that begins with "[" must be in quotes.',
    ],
    [`criteria: c\ngoal: ${"g".repeat(4001)}`, '2:7: "goal" has 4,001 characters, 4,000 is the most: make it shorter.'],
    [
      "goal: g",
      `1:1: There is no criterion: say what must be true at the end, best with a command that exits 0 when it is (--criterion "The tests pass" --check "npm test").`,
    ],
    [
      "goal: g\ncriteria: []",
      `2:11: There is no criterion: say what must be true at the end, best with a command that exits 0 when it is (--criterion "The tests pass" --check "npm test").`,
    ],
    [
      "goal: g\ncriteria:\n",
      `2:1: There is no criterion: say what must be true at the end, best with a command that exits 0 when it is (--criterion "The tests pass" --check "npm test").`,
    ],
    [`goal: g\ncriteria:\n${"  - c\n".repeat(51)}`, "3:3: There are 51 criteria, 50 is the most."],
    [
      "goal: g\ncriteria:\n  - a\n  -\n",
      '4:4: Item 2 of "criteria" is empty: it wants a text, or "describe:" with "check:".',
    ],
    [
      "goal: g\ncriteria:\n  - [a]",
      '3:5: Item 1 of "criteria" wants a text, or "describe:" with "check:", not a list: a text that begins with "[" must be in quotes.',
    ],
    [
      "goal: g\ncriteria: a |||",
      '2:11: "criteria" has nothing after "|||": write the command there, or take "|||" out.',
    ],
    ["goal: g\ncriteria:\n  - {}", '3:5: "describe" of item 1 of the criteria is missing: say what must be true.'],
    [
      "goal: g\ncriteria:\n  - no",
      '3:5: Item 1 of "criteria" wants a text, or "describe:" with "check:": put no in quotes ("no").',
    ],
    // checks: what YAML makes of words
    [
      criterion("check: yes"),
      '4:12: "check" wants a command line (leave "check" out to have it judged): put yes in quotes ("yes").',
    ],
    [
      criterion("check: true"),
      '4:12: "check" wants a command line (leave "check" out to have it judged): put true in quotes ("true").',
    ],
    [
      criterion("check: 8080"),
      '4:12: "check" wants a command line (leave "check" out to have it judged): put 8080 in quotes ("8080").',
    ],
    [
      criterion("check: null"),
      '4:12: "check" wants a command line (leave "check" out to have it judged): put null in quotes ("null").',
    ],
    [criterion("check:"), '4:5: "check" is empty: it wants a command line (leave "check" out to have it judged).'],
    [
      criterion("check: [ -f x ]"),
      '4:12: "check" wants a command line (leave "check" out to have it judged), not a list: a text that begins with "[" must be in quotes.',
    ],
    [
      criterion("check: { a: b }"),
      '4:12: "check" wants a command line (leave "check" out to have it judged), not a mapping (key: value).',
    ],
    [criterion('check: "a\\0b"'), '4:12: "check" holds a NUL character: take it out.'],
    [
      criterion(`check: ${"x".repeat(4001)}`),
      '4:12: "check" has 4,001 characters, 4,000 is the most: make it shorter.',
    ],
    // times
    [criterion("check: x\n    timeout: soon"), '5:14: "timeout" wants a time such as 90s, 5m or 1h, not "soon".'],
    [criterion("check: x\n    timeout: 500ms"), '5:14: "timeout" may be 1s to 1h, not 500ms.'],
    [criterion("check: x\n    timeout: 2h"), '5:14: "timeout" may be 1s to 1h, not 2h.'],
    [criterion("check: x\n    timeout:"), '5:5: "timeout" wants a time such as 90s, 5m or 1h, not nothing.'],
    [
      criterion("timeout: 5m"),
      '4:14: "timeout" of item 1 of the criteria is the time of a check, and there is no "check".',
    ],
    [with_("limits:\n  timeout: 25d"), '4:12: "timeout" wants a time such as 90s, 5m or 1h, not "25d".'],
    [with_("limits:\n  timeout: 600h"), '4:12: "timeout" may be 1s to 576h, not 600h.'],
    // numbers and words
    [with_("limits: 5"), '3:9: "limits" wants keys such as "iterations: 10", not a number.'],
    [with_("limits:\n  iterations: 0"), '4:15: "iterations" wants a whole number of 1 to 1,000, not 0.'],
    [with_("limits:\n  iterations: '5'"), '4:15: "iterations" wants a whole number of 1 to 1,000, not "5".'],
    [with_("limits:\n  max_turns: 2.5"), '4:14: "max_turns" wants a whole number of 1 to 1,000,000, not 2.5.'],
    [with_("limits:\n  max_cost: $5"), '4:13: "max_cost" wants an amount in USD above 0, such as 2.50, not "$5".'],
    [with_("limits:\n  max_cost: .inf"), '4:13: "max_cost" wants an amount in USD above 0, such as 2.50, not ∞.'],
    [with_("stable: -1"), '3:9: "stable" wants a whole number of 1 to 100, not -1.'],
    [with_("clean: yes"), '3:8: "clean" wants true or false, not "yes".'],
    [with_("clean:"), '3:1: "clean" wants true or false, not nothing.'],
    [with_("judge: 5"), '3:8: "judge" wants the name of a model: put 5 in quotes ("5").'],
    // globs
    [
      with_("protect:\n  - *.test.ts"),
      '4:5: "*" at the beginning of an unquoted text makes it an alias: put "*.test.ts" in quotes.',
    ],
    [
      with_('protect: ["../x"]'),
      '3:11: Item 1 of "protect" leaves the workspace: name files from its folder on, such as test/**.',
    ],
    [
      with_("protect: [a, /etc/passwd]"),
      '3:14: Item 2 of "protect" leaves the workspace: name files from its folder on, such as test/**.',
    ],
    [
      with_('protect: ["{a,../b}/c"]'),
      '3:11: Item 1 of "protect" leaves the workspace: name files from its folder on, such as test/**.',
    ],
    [
      with_('include: ["~/x"]'),
      '3:11: Item 1 of "include" leaves the workspace: name files from its folder on, such as test/**.',
    ],
    [with_('protect: "!x"'), '3:10: "protect" begins with "!": only what is named can be said, not what is left out.'],
    [with_("protect: { a: b }"), '3:10: "protect" wants a glob in quotes, not a mapping (key: value).'],
  ])("number %#", async (yaml, fault) => {
    expect((await faults(yaml))[0]).toBe(fault);
  });

  it("is told with all others, each at its place", async () => {
    expect(await faults("gaol: g\ncriteria:\n  - check: 5\nstable: 0\n")).toEqual([
      expect.stringContaining('1:1: There is no key "gaol". Did you mean "goal"?'),
      expect.stringContaining('3:12: "check" wants'),
      expect.stringContaining('4:9: "stable" wants'),
    ]);
  });

  it("is told of aliases that are too many, in little time", async () => {
    const many = `goal: &a g\ncriteria:\n${"  - *a\n".repeat(49)}protect:\n${"  - *a\n".repeat(50_000)}`;
    const from = performance.now();
    expect(await faults(many)).toEqual(["104:5: More than 100 aliases (*name): write the values out."]);
    expect(performance.now() - from).toBeLessThan(5000);
    const bomb = `a: &a [x,x]\n${[..."bcdefgh"].map((c, n) => `${c}: &${c} [*${"abcdefg"[n]},*${"abcdefg"[n]}]`).join("\n")}`;
    expect(await faults(`goal: g\ncriteria: *h\n${bomb}`)).toHaveLength(9);
  });
});
